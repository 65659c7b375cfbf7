import { NEVER, type Observable } from "rxjs";
import {
  type Clock,
  type ExecEvent,
  type ExecuteOptions,
  type FileInfo,
  type Sandbox,
  type SandboxFile,
  type SandboxSession,
  type SessionSpec,
  SluiceError,
} from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";
import type { SandboxScriptedConfig } from "./config.generated.ts";
import { played, type ScriptedProgram } from "./played.ts";

/** Plays what the profile says that programs do. Nothing is run. */
export class ScriptedSandbox implements Sandbox {
  readonly #config: SandboxScriptedConfig;
  readonly #clock: Clock;
  readonly #sessions = new Set<ScriptedSession>();
  #opened = 0;

  constructor(config: SandboxScriptedConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  async open(_: SessionSpec, signal: AbortSignal): Promise<SandboxSession> {
    signal.throwIfAborted();
    this.#opened += 1;
    const session = new ScriptedSession(`scripted-${this.#opened}`, this.#config, this.#clock, () =>
      this.#sessions.delete(session),
    );
    this.#sessions.add(session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
  }
}

class ScriptedSession implements SandboxSession {
  readonly id: string;
  readonly limits = { cpus: 1, memory: 0, pids: 1, network: "none", runtime: "scripted" };
  readonly stats$ = NEVER;
  readonly closed: Promise<void>;
  readonly #config: SandboxScriptedConfig;
  readonly #clock: Clock;
  readonly #files = new Map<string, Uint8Array>();
  readonly #end: () => void;
  #interrupt: AbortController | undefined;
  /** Executions that were answered in order. */
  #count = 0;

  constructor(id: string, config: SandboxScriptedConfig, clock: Clock, onEnded: () => void) {
    this.id = id;
    this.#config = config;
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#end = () => {
      onEnded();
      resolve();
    };
  }

  execute(code: string, options: ExecuteOptions): Observable<ExecEvent> {
    const interrupt = new AbortController();
    this.#interrupt = interrupt;
    return played({
      ...{ code, options, clock: this.#clock, interrupt: interrupt.signal },
      program: () => this.#choose(code),
      keep: (path, content) => this.#files.set(path, content),
    });
  }

  async interrupt(): Promise<boolean> {
    const running = this.#interrupt;
    this.#interrupt = undefined;
    running?.abort();
    return running !== undefined;
  }

  async input(): Promise<void> {}

  async put(files: readonly SandboxFile[]): Promise<void> {
    for (const { path, content } of files) this.#files.set(inside(path), content);
  }

  async get(path: string): Promise<Uint8Array> {
    const content = this.#files.get(inside(path));
    if (content !== undefined) return content;
    throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no file ${path}`);
  }

  async list(): Promise<readonly FileInfo[]> {
    return [...this.#files].map(([path, { length: size }]) => ({ path, size, mime: "text/plain" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#interrupt?.abort();
    this.#end();
  }

  /** @throws SluiceError PLUGIN_SANDBOX_SCRIPTED_UNEXPECTED */
  #choose(code: string): ScriptedProgram {
    const programs = this.#config.script.map((entry) => (typeof entry === "string" ? { stdout: entry } : entry));
    const program =
      programs.find(({ when }) => when !== undefined && new RegExp(when, "su").test(code)) ?? this.#inOrder(programs);
    const shown = JSON.stringify(cutText(code, 200));
    if (program === undefined) throw unexpected(`the script has nothing for program ${this.#count}, which is ${shown}`);
    if (program.expect === undefined || code.includes(program.expect)) return program;
    throw unexpected(`the script expects ${JSON.stringify(program.expect)} in the program, which is ${shown}`);
  }

  #inOrder(programs: readonly ScriptedProgram[]): ScriptedProgram | undefined {
    const ordered = programs.filter(({ when }) => when === undefined);
    const index = this.#config.repeat && ordered.length > 0 ? this.#count % ordered.length : this.#count;
    this.#count += 1;
    return ordered[index];
  }
}

function unexpected(message: string): SluiceError {
  return new SluiceError("PLUGIN_SANDBOX_SCRIPTED_UNEXPECTED" as never, message);
}

/** @throws SluiceError SLUICE_FILE_OUTSIDE */
function inside(path: string): string {
  if (!path.startsWith("/") && !path.split("/").includes("..")) return path;
  throw new SluiceError("SLUICE_FILE_OUTSIDE", `${path} leads out of the workspace`);
}
