import type { Observable } from "rxjs";
import type { Method, Principal, Role } from "./access.ts";
import type { HostEvent, PluginStatus, RunEvent } from "./event.ts";
import type { HostAccess, HostFeed, Operation } from "./operation.ts";
import type { Lifecycle } from "./plugin.ts";
import type { FileInfo, SandboxFile } from "./sandbox.ts";
import type { RunQuery, RunRecord } from "./store.ts";

/** A way into the host: it opens runs and lets clients follow them. It starts last and stops first. */
export interface Transport extends Omit<Lifecycle, "start"> {
  /** Resolves when clients can connect. */
  serve(host: TransportHost, signal: AbortSignal): Promise<void>;
  /** `http://127.0.0.1:8000` and the like, once it serves. */
  readonly address?: string;
  /** A one-time link for a person's browser, where the transport serves pages. */
  link?(): string | undefined;
}

/**
 * What of a host somebody needs who opens runs, reads them and moves files. `runHost` makes it of a host in this process;
 * of one elsewhere a client does.
 */
export interface RunHost {
  readonly version: string;
  readonly flows: readonly Pick<FlowInfo, "name" | "takes">[];
  open(options: OpenOptions): Promise<RunHandle>;
  runs(query: RunQuery): Promise<readonly RunRecord[]>;
  /** From after `after`, live, to `run-end`. What is missing is said by a `gap`. @throws SluiceError SLUICE_RUN_NOT_FOUND */
  follow(run: string, after: number): AsyncIterable<RunEvent>;
  putFiles(session: string, files: readonly SandboxFile[]): Promise<void>;
  file(session: string, path: string): Promise<Uint8Array>;
  files(session: string): Promise<readonly FileInfo[]>;
}

/** What a transport is given that serves one client over a pair of streams. */
export interface StreamContext<Config> {
  readonly config: Config;
  readonly host: RunHost;
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: ByteOutput;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Takes what went wrong beside the protocol, such as a line that is none of it. */
  readonly report: (problem: string) => void;
}

/** What Node's `Writable` promises, as far as a plugin needs it. */
export interface ByteOutput {
  /** Returns whether more may be written at once; `done` is called when this piece has left, or could not. */
  write(data: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/**
 * What a transport sees of the host. It finds out who somebody is; what that one may do is the host's to say: all that a
 * client asks for goes through `as`, which holds every call to the table of authority.
 */
export interface TransportHost {
  readonly info: HostInfo;
  readonly flows: readonly FlowInfo[];
  readonly access: HostAccess;
  /** The host as that principal may use it: what it may not is refused with SLUICE_WIRE_FORBIDDEN. */
  as(principal: Principal): ClientHost;
}

/** The host as one principal may use it. */
export interface ClientHost extends HostApi {
  /** How runs and sessions that it makes name their owner. */
  readonly owner: string;
  /** Whether a session or, of the same client, a run of that owner is its own. */
  owns(thing: "run" | "session", owner: string | undefined): boolean;
  /** For what a transport does by itself, such as holding bytes. @throws SluiceError SLUICE_WIRE_FORBIDDEN */
  demand(method: Method): void;
  /** The least role that may ask for it, for a message that says so. */
  neededRole(method: Method): Role;
}

/** What `createHost` returns, which may do everything, and what a principal is given of it. */
export interface HostApi {
  readonly info: HostInfo;
  readonly runs: Runs;
  readonly sessions: Sessions;
  readonly journal: Journal;
  readonly models: Models;
  readonly settings: Settings;
  /** Retained: emits the present states first, then every change. */
  readonly status$: Observable<readonly InstanceStatus[]>;
  /** Everything that happens in the host outside of runs. */
  readonly hostEvents$: Observable<HostEvent>;
  readonly flows: readonly FlowInfo[];
  readonly config: EffectiveConfig;
  readonly feed: HostFeed;
  readonly operation: Operation;
}

export interface HostInfo {
  readonly host: string;
  readonly version: string;
  readonly profile: string;
  /** Bearer token that transports ask for, as it is now; null when the host serves nobody, and for every principal. */
  readonly token: string | null;
}

export interface FlowInfo {
  readonly name: string;
  /** The expression as written, for display. */
  readonly expression: unknown;
  readonly instances: readonly string[];
  readonly optionalAbsent: readonly string[];
  /** What it reads: code when a sandbox comes first, text when a model does. */
  readonly takes: "code" | "text";
}

export interface InstanceStatus {
  readonly id: string;
  readonly plugin: string;
  readonly kind: string;
  readonly status: PluginStatus;
  readonly reason?: string;
  readonly since: string;
  readonly restarts: number;
}

/** The merged profile with secrets masked, and where each value was written. */
export interface EffectiveConfig {
  readonly file: string;
  readonly value: unknown;
  /** JSON pointer to `file:line:column`. */
  readonly origins: Readonly<Record<string, string>>;
}

export type RunInput = { readonly text: string; readonly files?: readonly SandboxFile[] } | ProgramInput;

/** Code for the first sandbox of the flow. */
export interface ProgramInput {
  readonly code: string;
  /** Default: by the name of `file`, else `python`. `notebook` is the text of an `.ipynb` file. */
  readonly language?: string;
  /**
   * The path of the program's file in the workspace. A cell of a session has none. Where `files` has one of that path, it
   * is the program byte for byte, in whatever encoding, and `code` is only its text.
   */
  readonly file?: string;
  /** Arguments of the program. @throws SluiceError SLUICE_USAGE for a cell of a session, which has none */
  readonly args?: readonly string[];
  /** Its standard input. Each branch of the flow reads the whole of it. Default: empty. */
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly files?: readonly SandboxFile[];
}

export interface OpenOptions {
  /** A flow, or the id of a model that answers alone. Default: `run` for code, `chat` for text, else the only flow. */
  readonly flow?: string;
  readonly input: RunInput;
  /** What was said before the input, where whoever asks keeps the conversation. Not for runs in a session. */
  readonly history?: readonly HistoryMessage[];
  /** Continues or begins a session by name; without it the run is alone and its sandbox is closed after it. */
  readonly session?: string;
  /** Opening twice with one key gives the same run. Keys are remembered for an hour. */
  readonly key?: string;
  /** Milliseconds for the whole run; each execution is bounded by the sandbox's own time-out as well. */
  readonly timeout?: number;
  /** What the run may use; it narrows what the profile's `budgets` allow, and never widens it. */
  readonly budget?: BudgetLimits;
  /** What `when: [{ if: { tag } }]` asks for. */
  readonly tags?: readonly string[];
  /** Whose it is; a principal opens runs of its own alone. */
  readonly owner?: string;
  /**
   * Whether anybody can answer `input-request`. False (the default) gives programs the end of file at once.
   */
  readonly interactive?: boolean;
  /**
   * Looked at whenever code is about to run that a model wrote: true lets it wait for `input { kind: approval }`, in any
   * flow. What an `approve` stage has asked about already is not asked again.
   */
  readonly approve?: () => boolean;
  /** Keep the sandbox after the run until this resolves, so that files can be fetched. */
  readonly keepUntil?: Promise<unknown>;
}

/**
 * Bounds on what models and programs may use. They are reserved before each request to a model and settled after it,
 * requests that were cancelled included; what does not fit is refused with `SLUICE_RUN_BUDGET`, and a run that comes to
 * nothing by it ends as `budget`.
 */
export interface BudgetLimits {
  /** US dollars. */
  readonly usd?: number;
  /** Tokens read and written, together. */
  readonly tokens?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Milliseconds of runs; a run that is still under way then ends as `timeout`. */
  readonly time?: number;
  /** Whether a model of unknown price may be asked while `usd` is bounded; default `refuse`. */
  readonly unknownPrice?: "allow" | "refuse";
}

/** An answer in a history is its reader's own, whichever model reads it. */
export interface HistoryMessage {
  readonly role: "user" | "assistant";
  readonly text: string;
  /** Put into the workspace beside the input's; pictures among a user's are shown to models that can see. */
  readonly files?: readonly SandboxFile[];
}

export interface Runs {
  /** Returns at once; everything that happens, failures included, is in the journal. */
  open(options: OpenOptions): RunHandle;
  get(run: string): RunHandle | undefined;
  list(query?: RunQuery): Promise<readonly RunRecord[]>;
  readonly active: number;
}

export interface RunHandle {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  /** From after `after` (default 0: the start) to `run-end`, then completes. Any number of readers. */
  events(after?: number): AsyncIterable<RunEvent>;
  /** Resolves at `run-end`; never rejects. */
  readonly done: Promise<Extract<RunEvent, { type: "run-end" }>>;
  /** `run` ends it as `cancelled`; `step` stops what runs now and lets the flow go on. */
  cancel(scope?: "run" | "step"): void;
  /** SIGINT to the program that runs now. Resolves false when none does. */
  interrupt(): Promise<boolean>;
  /** Answers the `input-request` or `approval-request` that waits. @throws SluiceError SLUICE_RUN_NOT_WAITING */
  input(answer: RunAnswer): Promise<void>;
  files(): Promise<readonly FileInfo[]>;
  file(path: string): Promise<Uint8Array>;
}

export type RunAnswer =
  | { readonly kind: "stdin"; readonly text: string | null }
  | { readonly kind: "approval"; readonly approved: boolean; readonly message?: string }
  | { readonly kind: "message"; readonly text: string };

export interface Sessions {
  list(): readonly SessionInfo[];
  /** Ends its sandbox at once. Resolves false when there is none of that name. */
  close(session: string): Promise<boolean>;
  /** Begins it where there is none, for `owner`. */
  put(session: string, files: readonly SandboxFile[], owner?: string): Promise<void>;
  get(session: string, path: string): Promise<Uint8Array>;
  files(session: string): Promise<readonly FileInfo[]>;
}

export interface SessionInfo {
  readonly session: string;
  /** Whoever began it; what has none belongs to nobody. */
  readonly owner?: string;
  readonly created: string;
  readonly lastUsed: string;
  readonly runs: number;
  readonly sandboxes: readonly string[];
}

export interface Journal {
  /** Reads on from `after`, live, until `run-end`. Pull-based: whoever does not pull costs nothing and slows nobody. */
  follow(run: string, after: number, signal?: AbortSignal): AsyncIterable<JournalPage>;
  /** Whether the run is known, here or in the store. */
  has(run: string): Promise<boolean>;
}

/** Entries in order, or a hole that is said. */
export type JournalPage =
  | { readonly kind: "events"; readonly entries: readonly JournalEntry[] }
  | { readonly kind: "gap"; readonly from: number; readonly to: number; readonly reason: string };

export interface JournalEntry {
  readonly event: RunEvent;
  /** The event as JSON, made once however many followers there are. */
  readonly json: string;
  /** It within its frame of the wire, as UTF-8, of large events alone: whoever sends it need not copy it. */
  readonly frame?: Uint8Array | undefined;
}

export interface Models {
  list(): readonly {
    readonly id: string;
    readonly plugin: string;
    readonly model: string;
    readonly status: PluginStatus;
  }[];
}

export interface Settings {
  /** Live options of an instance, secrets masked. */
  get(instance: string): Readonly<Record<string, unknown>>;
  /** @throws SluiceError SLUICE_CONFIG_* when the value is refused by the schema or needs a restart. */
  set(instance: string, values: Readonly<Record<string, unknown>>, origin: string): void;
}
