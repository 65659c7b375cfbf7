import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

export const command = resolve(import.meta.dirname, "../../bin/run.js");

/** Where local models are kept from one test run to the next: fetched once, about 150 MB. */
export const modelHome = process.env["SLUICE_TEST_HOME"] ?? join(homedir(), ".cache", "sluicebox-test");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

export interface CommandOptions {
  /** What stdin says; without it stdin is at its end at once, as from /dev/null. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A folder with a profile and a home of its own, and the built command in it. */
export class Place implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly #children = new Set<ChildProcess>();

  constructor(profile: string) {
    this.folder = mkdtempSync(join(tmpdir(), "sluice-cli-"));
    this.home = join(this.folder, "home");
    mkdirSync(this.home);
    this.write("sluice.yaml", profile);
  }

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.folder, name);
    writeFileSync(file, content);
    return file;
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  start(args: readonly string[], { env, input }: CommandOptions = {}): ChildProcess {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: this.folder,
      env: {
        ...process.env,
        NO_COLOR: undefined,
        FORCE_COLOR: undefined,
        SLUICE_HOME: this.home,
        SLUICE_TRUST: "all",
        ...env,
      },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    child.stdin?.end(input);
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  async run(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
    return ended(this.start(args, options));
  }

  /** Runs `sluice up`, and resolves with its address once it is ready. */
  async up(args: readonly string[] = []): Promise<{ readonly child: ChildProcess; readonly address: string }> {
    const child = this.start(["up", "--json", ...args]);
    const stderr: string[] = [];
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk.toString()));
    if (child.stdout === null) throw new Error("stdout is piped");
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as { type: string; data: { address: string } };
      if (event.type === "host-ready") return { child, address: event.data.address };
    }
    throw new Error(`the host ended before it was ready: ${stderr.join("")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children].map((child) => stop(child, "SIGKILL")));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The smallest profile that runs code. The transport takes any free port. */
export const profile = `version: 1
plugins:
  box: { use: docker-sandbox }
  transport: { use: websocket, with: { listen: "127.0.0.1:0" } }
  console: { use: log-console, with: { level: warn } }
  script:
    use: llm-scripted
    with:
      script:
        - { text: Let me count., code: "answer = 42\\nprint(anser)" }
        - { expect: NameError, text: Misspelt; once more., code: print(answer) }
        - { expect: "42", text: The answer is 42. }
flows:
  run: box
  chat: { loop: [script, box], until: done, max: 4 }
`;

export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<Ended> {
  const end = ended(child);
  child.kill(signal);
  return end;
}

export function ended(child: ChildProcess): Promise<Ended> {
  const begun = performance.now();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const bytes = Buffer.concat(stdout);
      const took = performance.now() - begun;
      resolve({ code, signal, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString(), took });
    });
  });
}

/** Resolves when the child's stdout has said `text`. */
export async function said(child: ChildProcess, text: string): Promise<void> {
  let seen = "";
  if (child.stdout === null) throw new Error("stdout is piped");
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    seen += chunk;
    if (seen.includes(text)) return;
  }
  throw new Error(`the child ended without saying ${JSON.stringify(text)}`);
}

const docker = promisify(execFile);

/** Ids of the containers that a process owns, by the label that the sandbox gives them. */
export async function containersOf(child: ChildProcess): Promise<string[]> {
  const filter = `label=sluicebox.pid=${child.pid}`;
  const { stdout } = await docker("docker", ["ps", "--all", "--quiet", "--filter", filter]);
  return stdout.split("\n").filter(Boolean);
}

export function events(stdout: string): { type: string; source: string; seq: number; data: Record<string, unknown> }[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The command at a terminal of its own, made by script(1) of util-linux. */
export class Terminal implements AsyncDisposable {
  readonly exitCode: Promise<number | null>;
  readonly #child: ChildProcess;
  #seen = "";
  #wake: (() => void) | undefined;

  /** Without colours, unless `env` lets them be. */
  constructor(place: Place, args: readonly string[], env: CommandOptions["env"] = { NO_COLOR: "1" }) {
    const words = [process.execPath, command, ...args].map((word) => `'${word}'`).join(" ");
    this.#child = spawn("script", ["-qefc", words, "/dev/null"], {
      cwd: place.folder,
      env: { ...process.env, SLUICE_HOME: place.home, SLUICE_TRUST: "all", TERM: "xterm", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#seen += chunk.toString();
      this.#wake?.();
    });
    this.exitCode = new Promise((resolve) => this.#child.once("exit", (code) => resolve(code)));
  }

  get seen(): string {
    return this.#seen;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Resolves when the terminal has shown the text; sequences that move its cursor are left out. */
  async shows(text: string): Promise<void> {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences begin with Escape
    while (!this.#seen.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "").includes(text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) await stop(this.#child, "SIGKILL");
  }
}
