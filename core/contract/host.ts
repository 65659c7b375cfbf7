import type { Observable } from "rxjs";
import type { Method, Principal, Role } from "./access.ts";
import type { HostEvent, PluginStatus, RunEvent } from "./event.ts";
import type { FlowInfo } from "./flow.ts";
import type { HostAccess, HostFeed, Operation } from "./operation.ts";
import type { OpenOptions, RunHandle } from "./run.ts";
import type { FileInfo, SandboxFile } from "./sandbox.ts";
import type { RunQuery, RunRecord } from "./store.ts";

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
  /** Whether it may ask for it where the thing is of that owner, or of nobody: for what a transport keeps by itself. */
  allows(method: Method, owner: string | undefined): boolean;
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

/** What the host is: its versions, its profile and its token. */
export interface HostInfo {
  /** The version of this contract that the host speaks: {@link contractVersion} of its package. */
  readonly contract: number;
  readonly host: string;
  readonly version: string;
  readonly profile: string;
  /** Bearer token that transports ask for, as it is now; null when the host serves nobody, and for every principal. */
  readonly token: string | null;
}

/** One instance, and the state it is in. */
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

/** Opens, finds and lists runs. */
export interface Runs {
  /** Returns at once; everything that happens, failures included, is in the journal. */
  open(options: OpenOptions): RunHandle;
  get(run: string): RunHandle | undefined;
  /** As `get`, and also what another host of a cluster has. */
  find(run: string): Promise<RunHandle | undefined>;
  list(query?: RunQuery): Promise<readonly RunRecord[]>;
  readonly active: number;
}

/**
 * The sessions of the host, and the files of their workspaces; by its name also one that another host of the cluster has.
 * `seen`: only where it is still that one, and no later one of the same name.
 */
export interface Sessions {
  list(): readonly SessionInfo[];
  /** Those of every host of a cluster. A host that does not answer is left out. */
  all(): Promise<readonly SessionInfo[]>;
  /** One by its name, at whichever host. */
  find(session: string): Promise<SessionInfo | undefined>;
  /** Ends its sandbox at once. Resolves false when there is none of that name. */
  close(session: string, seen?: SessionInfo): Promise<boolean>;
  /** Begins it where there is none, for `owner`. */
  put(session: string, files: readonly SandboxFile[], owner?: string, seen?: SessionInfo): Promise<void>;
  get(session: string, path: string, seen?: SessionInfo): Promise<Uint8Array>;
  files(session: string, seen?: SessionInfo): Promise<readonly FileInfo[]>;
}

/** One session, and when it was last used. */
export interface SessionInfo {
  readonly session: string;
  /** Whoever began it; what has none belongs to nobody. */
  readonly owner?: string;
  readonly created: string;
  readonly lastUsed: string;
  readonly runs: number;
  readonly sandboxes: readonly string[];
  /** Of a cluster: the host that has it, where that is another one. */
  readonly host?: string;
}

/** Reads runs from their journals, live ones and those that have ended. */
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

/** One event of a journal, with its JSON. */
export interface JournalEntry {
  readonly event: RunEvent;
  /** The event as JSON, made once however many followers there are. */
  readonly json: string;
}

/** The models of the profile, and whether they answer. */
export interface Models {
  list(): readonly {
    readonly id: string;
    readonly plugin: string;
    readonly model: string;
    readonly status: PluginStatus;
  }[];
}

/** Options that change while the host runs. */
export interface Settings {
  /** Live options of an instance, secrets masked. */
  get(instance: string): Readonly<Record<string, unknown>>;
  /** @throws SluiceError SLUICE_CONFIG_* when the value is refused by the schema or needs a restart. */
  set(instance: string, values: Readonly<Record<string, unknown>>, origin: string): void;
  /**
   * Holds options for one run to what the model takes: see `OpenOptions.parameters`.
   * @throws SluiceError SLUICE_RUN_PARAMETER, SLUICE_CONFIG_TYPE
   */
  demandForRun(instance: string, values: Readonly<Record<string, unknown>>): void;
}
