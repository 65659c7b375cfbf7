import { NEVER, Observable } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { EventData } from "../contract/event.ts";
import type {
  ExecEvent,
  ExecuteOptions,
  FileInfo,
  Sandbox,
  SandboxFile,
  SandboxSession,
  SessionSpec,
} from "../contract/sandbox.ts";

/** What a program of the fake does; `hang` runs until it is stopped, and `signal` is what ends it by itself. */
export interface FakeProgram {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly error?: { readonly name: string; readonly message: string };
  readonly hang?: boolean;
}

/**
 * A sandbox for unit tests that runs nothing: `programs` says what each code does, and what it does not know prints its
 * own text and exits 0.
 */
export class FakeSandbox implements Sandbox {
  readonly sessions: FakeSandboxSession[] = [];
  readonly #programs: (code: string) => FakeProgram | undefined;

  constructor(programs: (code: string) => FakeProgram | undefined = () => undefined) {
    this.#programs = programs;
  }

  async open(spec: SessionSpec, signal: AbortSignal): Promise<SandboxSession> {
    signal.throwIfAborted();
    const session = new FakeSandboxSession(`fake-${this.sessions.length + 1}`, spec, this.#programs);
    this.sessions.push(session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) await session[Symbol.asyncDispose]();
  }
}

/** A session of `FakeSandbox`, which records what it is asked. */
export class FakeSandboxSession implements SandboxSession {
  readonly id: string;
  readonly spec: SessionSpec;
  readonly executed: string[] = [];
  /** What each execution was asked with. */
  readonly asked: ExecuteOptions[] = [];
  readonly limits = { cpus: 1, memory: 0, pids: 1, network: "none", runtime: "fake" };
  readonly takesEnv = true;
  readonly stats$ = NEVER;
  readonly closed: Promise<void>;
  disposed = false;
  readonly #programs: (code: string) => FakeProgram | undefined;
  readonly #files = new Map<string, Uint8Array>();
  #close: () => void = () => {};
  #stop: ((end: Partial<EventData["exec-end"]>) => void) | undefined;

  constructor(id: string, spec: SessionSpec, programs: (code: string) => FakeProgram | undefined) {
    this.id = id;
    this.spec = spec;
    this.#programs = programs;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  execute(code: string, options: ExecuteOptions): Observable<ExecEvent> {
    return new Observable((subscriber) => {
      this.executed.push(code);
      this.asked.push(options);
      const program = this.#programs(code) ?? { stdout: code };
      subscriber.next({ type: "exec-start", data: { language: options.language, code } });
      if (program.stdout) subscriber.next({ type: "exec-stdout", data: { text: program.stdout, offset: 0 } });
      if (program.stderr) subscriber.next({ type: "exec-stderr", data: { text: program.stderr, offset: 0 } });
      const end = (data: Partial<EventData["exec-end"]>) => {
        this.#stop = undefined;
        const base = {
          status: "exited",
          exitCode: 0,
          signal: null,
          stateLost: false,
          wallMs: 0,
          cpuMs: 0,
          peakBytes: 0,
        };
        subscriber.next({ type: "exec-end", data: { ...base, ...data } as EventData["exec-end"] });
        subscriber.complete();
      };
      this.#stop = end;
      const killed = { status: "killed", exitCode: null, signal: "SIGKILL", stateLost: true } as const;
      if (program.hang) options.signal?.addEventListener("abort", () => this.#stop?.(killed), { once: true });
      else if (program.signal) end({ status: "signalled", exitCode: null, signal: program.signal });
      else end({ exitCode: program.exitCode ?? 0, ...(program.error ? { error: program.error } : {}) });
    });
  }

  async interrupt(): Promise<boolean> {
    if (!this.#stop) return false;
    this.#stop({ status: "signalled", exitCode: null, signal: "SIGINT" });
    return true;
  }

  async input(): Promise<void> {}

  async put(files: readonly SandboxFile[]): Promise<void> {
    for (const file of files) this.#files.set(file.path, file.content);
  }

  async get(path: string): Promise<Uint8Array> {
    if (path.startsWith("/") || path.split("/").includes("..")) {
      throw new SluiceError("SLUICE_FILE_OUTSIDE", `${path} leads out of the workspace`);
    }
    const content = this.#files.get(path);
    if (!content) throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no file ${path}`);
    return content;
  }

  async list(): Promise<readonly FileInfo[]> {
    return [...this.#files].map(([path, content]) => ({
      path,
      size: content.length,
      mime: "application/octet-stream",
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    this.#close();
  }
}
