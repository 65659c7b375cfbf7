import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { modelHome, type Place } from "./cli-kit.ts";

const root = resolve(import.meta.dirname, "../..");

/** A fenced block of a page: `language`, and what stands after it on the fence. */
export interface Block {
  readonly language: string;
  readonly name: string;
  readonly line: number;
  readonly text: string;
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```([\w-]+) *([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? "",
    name: match[2] ?? "",
    text: match[3] ?? "",
    line: text.slice(0, match.index).split("\n").length,
  }));
}

/** What a person would do with a page: save its files, type its commands, and compare what comes. */
export class Reader implements AsyncDisposable {
  readonly #place: Place;
  readonly #port: number;
  readonly #env: NodeJS.ProcessEnv;
  readonly #background: (() => Promise<void>)[] = [];

  private constructor(place: Place, port: number) {
    this.#place = place;
    this.#port = port;
    const bin = join(place.folder, "node_modules/.bin");
    mkdirSync(bin, { recursive: true });
    symlinkSync(root, join(place.folder, "node_modules/sluicebox"));
    symlinkSync(join(root, "node_modules/rxjs"), join(place.folder, "node_modules/rxjs"));
    writeFileSync(join(bin, "sluice"), `#!/bin/sh\nexec "${process.execPath}" "${root}/bin/run.js" "$@"\n`, {
      mode: 0o755,
    });
    this.#env = {
      ...process.env,
      PATH: `${bin}:${dirname(process.execPath)}:${process.env["PATH"]}`,
      SLUICE_HOME: modelHome,
      OPENAI_API_KEY: "a-key-for-the-documentation",
      ANTHROPIC_API_KEY: "a-key-for-the-documentation",
      SLUICE_TOKEN: "a-token-for-the-documentation",
      NO_COLOR: "1",
    };
  }

  /** Pages say port 8000, which may be taken here: they are read with a free one in its place. */
  static async create(place: Place): Promise<Reader> {
    return new Reader(place, await freePort());
  }

  async follow(block: Block): Promise<void> {
    const text = block.text.replaceAll("127.0.0.1:8000", `127.0.0.1:${this.#port}`);
    if (block.language === "console") await this.#type(text, block.name === "background");
    else if (block.name !== "") this.#save(block.name, text);
  }

  #save(name: string, text: string): void {
    mkdirSync(dirname(join(this.#place.folder, name)), { recursive: true });
    this.#place.write(name, text);
  }

  async #type(text: string, background: boolean): Promise<void> {
    for (const part of text.split(/^(?=\$ )/m)) {
      const [command = "", ...expected] = part.split("\n");
      if (background) await this.#start(command.slice(2));
      else compare(command.slice(2), await this.#run(command.slice(2)), expected.join("\n"));
    }
  }

  #run(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile("bash", ["-c", command], { cwd: this.#place.folder, env: this.#env }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${command} failed:\n${stdout}${stderr}`));
        else resolve(stdout);
      });
    });
  }

  /** A command that stays: it is ready when it says so. */
  async #start(command: string): Promise<void> {
    const child = spawn("bash", ["-c", `exec ${command}`], {
      cwd: this.#place.folder,
      env: this.#env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    this.#background.push(async () => {
      child.kill("SIGTERM");
      await ended;
    });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      if (line.startsWith("ready")) {
        child.stderr.resume();
        return;
      }
    }
    throw new Error(`${command} ended: ${said.join("\n")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#background) await stop();
  }
}

/** A line of three dots stands for any lines. */
function compare(command: string, printed: string, expected: string): void {
  const escaped = expected
    .trimEnd()
    .split("\n")
    .map((line) => (line === "..." ? "[\\s\\S]*" : line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  if (new RegExp(`^${escaped.join("\n")}$`).test(printed.trimEnd())) return;
  throw new Error(`${command} printed:\n${printed}\nand the page says:\n${expected}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
