import type { AccessRequest, Grant } from "./access.ts";
import type { ClusterOverview, HostChange } from "./cluster.ts";
import type { ErrorBody } from "./errors.ts";
import type { HostEvent, LogLevel, PluginStatus, RunEvent } from "./event.ts";
import type { FlowNode } from "./flow.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Problem } from "./problem.ts";
import type { SandboxInfo, SandboxLimits, SandboxStats } from "./sandbox.ts";

/**
 * The principal that opens a request. Transports of one host share the proof: a cookie of the page opens the wire as
 * well.
 */
export interface HostAccess {
  /** Adds a way to recognise people; returns how to take it back. */
  recognise(check: (request: AccessRequest) => Grant | undefined): () => void;
  grantOf(request: AccessRequest): Grant | undefined;
  /** Calls back when the host's token was replaced: whom the old one let in is to go. Returns how to stop that. */
  onRotated(listener: () => void): () => void;
}

/** One entry of the host's feed; `seq` starts at 1 in each host process and has no holes. */
export interface FeedEntry {
  readonly seq: number;
  /** Owner of the run or session that it tells of; absent where there is no run, or no owner. */
  readonly owner?: string;
  readonly event: HostEvent | RunEvent;
}

/** Host events after a place in the feed. */
export interface FeedPage {
  readonly entries: readonly FeedEntry[];
  /** Read on from here: the last `seq` that was looked at. */
  readonly next: number;
  /** Entries that had left memory before they could be read. */
  readonly missing: number;
}

/**
 * What happened lately in the whole host, in order: host events, and the milestones of runs. Of what a run streams
 * (text, output) only the number and the latest is kept here; the journal has all of it.
 */
export interface HostFeed {
  /** `seq` of the newest entry; 0 while there is none. */
  readonly last: number;
  /** `seq` of the oldest entry that is still here. */
  readonly first: number;
  /** Up to `limit` entries after `after` that `accepts` lets through. */
  read(after: number, limit: number, accepts?: (event: HostEvent | RunEvent, owner?: string) => boolean): FeedPage;
  get(seq: number): FeedEntry | undefined;
  /** Calls back with every event, those that are not kept included; returns how to stop that. Be quick. */
  listen(listener: (event: HostEvent | RunEvent) => void): () => void;
  /** Calls back after entries were added; returns how to stop that. */
  onAdded(listener: () => void): () => void;
  /** Events since the start by `source.type`, run events of every kind included. */
  readonly counts: ReadonlyMap<string, number>;
  /** The newest event of each `source.type`. */
  readonly latest: ReadonlyMap<string, HostEvent | RunEvent>;
  /** The newest value of each metric, sandbox and connection. */
  readonly retained: readonly HostEvent[];
}

/** An instance with its options as they are now, secrets masked. */
export interface InstanceDetails {
  readonly id: string;
  readonly plugin: string;
  readonly kind: string;
  readonly description: string;
  readonly status: PluginStatus;
  /** Schema of its options, with `x-reload` telling which are live. */
  readonly schema: JsonSchema;
  readonly config: Readonly<Record<string, unknown>>;
  readonly refs: Readonly<Record<string, string | readonly string[]>>;
  /** Ids that it waits for when it starts: those it refers to, and services that it requires. */
  readonly needs: readonly string[];
  readonly absent?: string;
  /** Added by the core; the profile does not name it. */
  readonly implicit: boolean;
  readonly level: LogLevel;
  /** Milliseconds from its first status to `ok`, once it has started. */
  readonly startMs?: number;
  /** Whether it can be taken down and up again while the host runs. */
  readonly restartable: boolean;
}

/** A plugin that an instance can be made of. */
export interface PluginEntry {
  /** As `use` names it. */
  readonly use: string;
  readonly kind: string;
  readonly description: string;
  /** Schema of its options. */
  readonly schema: JsonSchema;
}

/** What an instance has to do just now; absent figures do not apply, or are not measured. */
export interface InstanceLoad {
  readonly id: string;
  /** Entries that wait for a sink, and those that were dropped since the start. */
  readonly waiting?: number;
  readonly dropped?: number;
  /** Entries that a sink refused, and that its dead letter has. */
  readonly dead?: number;
  /** Sandboxes that sessions have open, the bytes that they occupy, and their share of cores. */
  readonly sandboxes?: number;
  readonly memory?: number;
  readonly cpu?: number;
}

/** How busy the host is. */
export interface HostLoad {
  /** The longest that its event loop was held in the last two seconds, in milliseconds; 0 when asked first. */
  readonly lag: number;
  /** Instances that have something to tell. */
  readonly instances: readonly InstanceLoad[];
}

/** A sandbox that a session holds, or that its plugin knows of. */
export interface SandboxDetails extends Partial<SandboxInfo> {
  readonly instance: string;
  readonly id: string;
  readonly limits?: SandboxLimits;
  readonly stats?: SandboxStats;
}

/** Each instance that a text names: its line, its plugin, and its options as written. */
export type ProfileOutline = Readonly<
  Record<string, { readonly line: number; readonly use?: string; readonly options: Readonly<Record<string, unknown>> }>
>;

/** The profile as text, with what a page needs to show it. */
export interface ProfileText {
  readonly file: string;
  /** Secrets that stand in it are replaced by markers, which `apply` turns back. */
  readonly text: string;
  /** Names this text; `apply` refuses to write over another one. */
  readonly revision: string;
  /** JSON pointer to `file:line:column`. */
  readonly origins: Readonly<Record<string, string>>;
  readonly outline: ProfileOutline;
  /** Whether an `apply` can be taken back. */
  readonly undo: boolean;
}

/** What one instance goes through, or `flows` and `budgets`. */
export interface ProfileChange {
  readonly instance: string;
  /**
   * `live`: it takes new options as it runs. `restart`: another takes its place. `host`: it takes a restart of the host,
   * and stays as it is until then.
   */
  readonly action: "add" | "live" | "restart" | "drop" | "host";
  /** Options that differ; of `flows` and `budgets` their names. */
  readonly options: readonly string[];
}

/** What is wrong with a text of a profile, and what applying it would change. */
export interface ProfileCheck {
  readonly problems: readonly Problem[];
  /** Empty where a problem is an error. */
  readonly changes: readonly ProfileChange[];
  readonly outline: ProfileOutline;
}

/**
 * `rejected`: it has problems, and nothing was touched. `rolled-back`: something could not start, and everything is as it
 * was before. `problems` tell why.
 */
export interface ProfileOutcome extends ProfileCheck {
  readonly status: "applied" | "rejected" | "rolled-back";
  readonly revision: string;
}

/** How a model answered one short question. */
export interface ModelTrial {
  /** The answer, cut to one line. */
  readonly text: string;
  /** Milliseconds to the first piece of text, and to the end. */
  readonly firstToken?: number;
  readonly total: number;
  readonly error?: ErrorBody;
}

/** What somebody who operates the host can see and do, beyond opening runs. */
export interface Operation {
  /** `whole`: with private options; secrets are masked for everybody. Default true. */
  instances(whole?: boolean): readonly InstanceDetails[];
  readonly flows: Readonly<Record<string, FlowNode>>;
  /** Plugins that come with this package, or that are installed where the profile can see them. No code of theirs is run. */
  plugins(): Promise<readonly PluginEntry[]>;
  /** Takes an instance down and up again. @throws SluiceError SLUICE_CONFIG_RESTART_NEEDED for one that cannot be */
  restart(instance: string, origin: string): Promise<void>;
  /** Level of one instance; undefined gives it the host's own again. */
  setLevel(instance: string, level: LogLevel | undefined, origin: string): void;
  /** Asks a model one short question. It costs what such an answer costs. */
  tryModel(instance: string, signal: AbortSignal): Promise<ModelTrial>;
  sandboxes(signal: AbortSignal): Promise<readonly SandboxDetails[]>;
  /** Asks no engine: sandboxes are measured while this is asked again and again. */
  load(): HostLoad;
  /** The hosts that share a queue with this one, and what each has. */
  hosts(): Promise<ClusterOverview>;
  /** Changes live options of an instance at the host of that name or id, or at `all`; names those that refused, with the reason. */
  setAt(
    where: string,
    instance: string,
    values: Readonly<Record<string, unknown>>,
    origin: string,
  ): Promise<readonly HostChange[]>;
  /** Removes a sandbox at once. Resolves false when it is not one of this host's sessions. */
  stopSandbox(id: string, origin: string): Promise<boolean>;
  /** Removes what dead hosts left behind; returns what was removed. */
  cleanSandboxes(origin: string, signal: AbortSignal): Promise<readonly string[]>;
  readonly profile: {
    /** `secrets`: with markers in their place, which `apply` turns back; else they are masked for good. */
    read(secrets?: boolean): Promise<ProfileText>;
    /** Judges a client's text. Nothing in it is evaluated, and nothing is imported. `secrets` as in `read`. */
    check(text: string, secrets?: boolean): Promise<ProfileCheck>;
    /** The text with one option changed, comments and layout kept; undefined takes the option away. */
    edit(text: string, pointer: string, value: unknown): string;
    /** @throws SluiceError SLUICE_CONFIG_CONFLICT when the file is no longer `revision` */
    apply(text: string, revision: string, origin: string): Promise<ProfileOutcome>;
    undo(origin: string): Promise<ProfileOutcome>;
    /** What `reload` would do. Nothing is touched. */
    preview(): Promise<ProfileCheck>;
    /** Serves what the file says now. Runs under way finish on what they started with. */
    reload(origin: string): Promise<ProfileOutcome>;
  };
}
