import { execFile } from "node:child_process";
import { access, realpath, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { SluiceError } from "../../core/contract/index.ts";
import { folderOf, privateFolder, writePrivate } from "../../core/kit/index.ts";
import type { LlamaModule } from "./llama.ts";

const run = promisify(execFile);

/** The version this plugin was written against. */
const version = "3.22.1";

/** node-llama-cpp's packages with binaries for the processor; those for CUDA and Vulkan are hundreds of MB. */
const binaries: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "linux-arm": "linux-armv7l",
  "darwin-arm64": "mac-arm64-metal",
  "darwin-x64": "mac-x64",
  "win32-x64": "win-x64",
  "win32-arm64": "win-arm64",
};

/**
 * node-llama-cpp, installed only where somebody wants a local model: into the user's data folder, without install
 * scripts, with the one binary that this machine needs. About 51 MB.
 */
export class Runtime {
  readonly folder: string;

  /** `parent`: the folder that holds runtimes, one folder a version. */
  constructor(parent: string) {
    this.folder = join(parent, `node-llama-cpp-${version}`);
  }

  get #entry(): string {
    return join(this.folder, "node_modules", "node-llama-cpp", "dist", "index.js");
  }

  async installed(): Promise<boolean> {
    return exists(this.#entry);
  }

  async load(): Promise<LlamaModule> {
    return (await import(pathToFileURL(this.#entry).href)) as LlamaModule;
  }

  /** @throws SluiceError SLUICE_MODEL_DOWNLOAD when npm is missing or fails. */
  async install(signal: AbortSignal): Promise<void> {
    const platform = `${process.platform}-${process.arch}`;
    const binary = binaries[platform];
    if (binary === undefined) {
      throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `No local runtime exists for ${platform}.`, {
        cure: "Use llm-openai-compatible with a server such as Ollama.",
        retryable: false,
      });
    }
    folderOf(this.folder);
    const work = `${this.folder}.${process.pid}`;
    await rm(work, { recursive: true, force: true });
    privateFolder(work);
    try {
      writePrivate(join(work, "package.json"), '{ "private": true }\n');
      const packages = [`node-llama-cpp@${version}`, `@node-llama-cpp/${binary}@${version}`];
      await this.#npm(["install", ...packages, ...installOptions], work, signal);
      // llama.cpp's sources, to compile them again: two fifths of everything, and never used here.
      await rm(join(work, "node_modules", "node-llama-cpp", "llama", "gitRelease.bundle"), { force: true });
      await rename(work, this.folder).catch(async (error: unknown) => {
        if (!(await this.installed())) throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  async #npm(parameters: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
    const [file, ...before] = await findNpm();
    try {
      await run(file, [...before, ...parameters], { cwd, signal, maxBuffer: 16 * 1024 * 1024 });
    } catch (error) {
      signal.throwIfAborted();
      const { stderr, message } = error as { stderr?: string; message: string };
      const lines = (stderr || message).split("\n").filter((line) => /^npm (error|ERR!)/.test(line));
      const reason = lines.slice(0, 3).join(" ") || message.split("\n", 1)[0];
      throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `npm could not install the local runtime: ${reason}`);
    }
  }
}

/** `--ignore-scripts`: its install script would look for a compiler and build llama.cpp. */
const installOptions = [
  "--omit=optional",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--no-save",
  "--loglevel=error",
];

/** npm beside this Node, else the one in PATH, run by this Node where it is a script. */
async function findNpm(): Promise<[string, ...string[]]> {
  const beside = dirname(process.execPath);
  const places = [
    join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(beside, "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  for (const place of places) if (await exists(place)) return [process.execPath, place];
  const found =
    process.platform === "win32"
      ? await run("where", ["npm.cmd"]).then(
          ({ stdout }) => stdout.split(/\r?\n/)[0],
          () => undefined,
        )
      : await run("/bin/sh", ["-c", "command -v npm"]).then(
          ({ stdout }) => stdout.trim(),
          () => undefined,
        );
  if (!found) {
    throw new SluiceError("SLUICE_MODEL_DOWNLOAD", "npm is needed to install the local runtime, and is not there.", {
      cure: "Install npm, or put it into PATH.",
      retryable: false,
    });
  }
  const real = await realpath(found);
  if (real.endsWith(".js")) return [process.execPath, real];
  const cli = join(dirname(real), "node_modules", "npm", "bin", "npm-cli.js");
  return (await exists(cli)) ? [process.execPath, cli] : [real];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
