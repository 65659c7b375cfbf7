import type { Observable } from "rxjs";
import type { EventData } from "./event.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * A place where code that nobody has read may run.
 *
 * `open` resolves when the session can execute. Promises:
 * - what the profile asked for was applied and read back, or `open` rejects with `SLUICE_SANDBOX_NOT_APPLIED`;
 * - an aborted `open` leaves nothing behind;
 * - sessions share nothing: no process, file, variable or memory.
 */
export interface Sandbox extends Lifecycle {
  open(spec: SessionSpec, signal: AbortSignal): Promise<SandboxSession>;
  /** Builds or fetches what sessions are made from. Idempotent. Without it `open` prepares by itself. */
  prepare?(options: PrepareOptions, signal: AbortSignal): Promise<void>;
  /** Makes the image that `prepare` builds upon, where no registry can be reached. Idempotent. */
  base?(options: PrepareOptions, signal: AbortSignal): Promise<void>;
  /** Everything that runs under this instance's name, those of dead hosts included. */
  list?(signal: AbortSignal): Promise<readonly SandboxInfo[]>;
  /** Removes what dead hosts left behind, or with `all` everything of this project; returns what was removed. */
  clean?(options: { readonly all: boolean }, signal: AbortSignal): Promise<readonly string[]>;
}

/** What a sandbox session is opened for, and in which mode. */
export interface SessionSpec {
  /** The run's session, for labels and logs. */
  readonly session: string;
  /**
   * `fresh`: each execution is a program, run by its own interpreter. `cell`: state stays from one execution to the
   * next.
   */
  readonly mode: "fresh" | "cell";
}

/**
 * One isolated workspace with its interpreters. Executions are serial: a second one waits for the first.
 * Disposing returns at once to its caller; the container is killed and removed off its path, and the sandbox's own
 * `dispose` waits for that.
 */
export interface SandboxSession extends AsyncDisposable {
  readonly id: string;
  /**
   * Runs `code`. The observable is cold, completes after exactly one `exec-end`, and errors only when the execution
   * could not be begun. Unsubscribing stops the program and everything it started.
   */
  execute(code: string, options: ExecuteOptions): Observable<ExecEvent>;
  /** SIGINT to what runs now; state is kept. Resolves false when nothing ran. */
  interrupt(): Promise<boolean>;
  /** Answers the latest `input-request`; null means end of file. */
  input(text: string | null): Promise<void>;
  put(files: readonly SandboxFile[], signal?: AbortSignal): Promise<void>;
  /** @throws SluiceError SLUICE_FILE_NOT_FOUND, SLUICE_FILE_OUTSIDE, SLUICE_FILE_TOO_LARGE */
  get(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  list(signal?: AbortSignal): Promise<readonly FileInfo[]>;
  /** Whether `ExecuteOptions.env` reaches the program. Without it, runs that ask for variables are refused. */
  readonly takesEnv?: boolean;
  /** What was applied, as read back from the engine. */
  readonly limits: SandboxLimits;
  /** About one sample a second while somebody is subscribed. */
  readonly stats$: Observable<SandboxStats>;
  /** Completes when the session is gone, for whatever reason. */
  readonly closed: Promise<void>;
}

/** How one piece of code is run. */
export interface ExecuteOptions {
  readonly language: string;
  /** The path of the program's file in the workspace. Code without one runs under a hidden name. Not for cells. */
  readonly file?: string;
  /** Whether the file is in the workspace already, and is run as it is. */
  readonly placed?: boolean;
  /** What follows the file's name on the command line. Not for cells. */
  readonly args?: readonly string[];
  /** Environment variables of a program. For a cell they are set before it runs, and stay in its session. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Standard input, byte for byte; it is read no faster than the program reads. Absent, it is empty. A cell that asks
   * is answered with its lines.
   */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Whether somebody answers `input-request`. A program that nobody answers reads the end of the file at once. */
  readonly interactive?: boolean;
  /** Runs a cell in a session of programs, as a notebook wants it. */
  readonly cell?: boolean;
  /** Milliseconds; the sandbox's configured time-out when absent. */
  readonly timeout?: number;
  /**
   * Stops the program and everything it started when aborted; the observable then still ends by an observed `exec-end`,
   * with the status `killed`. Unsubscribing does the same without telling.
   */
  readonly signal?: AbortSignal;
  /**
   * Awaited between reads of the program's output when it returns a promise: how a full store pauses the pipe and,
   * through it, the program.
   */
  readonly pressure?: () => Promise<void> | undefined;
}

/** The execution events of the grammar, without a source. */
export type ExecEvent = {
  [Type in "exec-start" | "exec-stdout" | "exec-stderr" | "exec-result" | "exec-file" | "exec-end" | "input-request"]: {
    readonly type: Type;
    readonly data: EventData[Type];
  };
}["exec-start" | "exec-stdout" | "exec-stderr" | "exec-result" | "exec-file" | "exec-end" | "input-request"];

/** `path` is relative to the workspace and may not leave it. */
export interface SandboxFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** One file of a workspace. */
export interface FileInfo {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly mime: string;
}

/** The limits of a sandbox session, as applied. */
export interface SandboxLimits {
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly pids: number;
  readonly network: string;
  readonly runtime: string;
  /**
   * Milliseconds that an execution may take where `ExecuteOptions.timeout` says nothing; 0 is no bound. A sandbox without
   * it has to give an event within the instance's `callTimeout`.
   */
  readonly timeout?: number;
}

/** What a sandbox session uses now. */
export interface SandboxStats {
  /** Share of one core, 1 is one core busy. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  readonly pids: number;
}

/** One sandbox session that is open, or was left behind. */
export interface SandboxInfo {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly session?: string;
  /** The host that owns it, and whether that host is alive. */
  readonly owner: string;
  readonly ownerAlive: boolean;
  readonly created: string;
}

/** How a sandbox is prepared ahead. */
export interface PrepareOptions {
  /** Called with every step; `fraction` is from 0 to 1 where it is known. */
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** Makes it anew although it is there. */
  readonly force?: boolean;
  /** Of a model: which one of those that `list` gives, or another that it understands. Default: the one that answers. */
  readonly model?: string;
}

/** One step of preparing. */
export interface PrepareProgress {
  readonly step: string;
  readonly fraction?: number;
}
