import type { FlowNode } from "../contract/flow.ts";
import type { PluginManifest } from "../contract/plugin.ts";
import type { Problem } from "../contract/problem.ts";
import type { BudgetLimits } from "../contract/run.ts";
import type { ProfileNames, Trust, TrustNeed } from "./read/trust.ts";
import type { PlannedTest } from "./tests/planned-test.ts";

/** What a profile means once everything in it has been checked. Frozen; the host builds itself from it. */
export interface Plan {
  /** Absolute path of the profile, or `<config>` for an object given from code. */
  readonly file: string;
  /** Folder from which relative paths in the profile start. */
  readonly folder: string;
  /** Absolute paths of all that was read: the profile, what it extends, what its expressions name, and plugins' modules. */
  readonly files: readonly string[];
  /** In the order of the profile, those that are absent and those the core adds included. */
  readonly instances: readonly PlannedInstance[];
  readonly flows: Readonly<Record<string, FlowNode>>;
  /** Hosts of a cluster that may execute one run, one after the other, of each flow that says `retry: safe`. */
  readonly retries: Readonly<Record<string, number>>;
  readonly budgets: PlannedBudgets;
  readonly tests: readonly PlannedTest[];
  /** Flow expressions as written, for display. */
  readonly expressions: Readonly<Record<string, unknown>>;
  /** Strings that may appear nowhere outside: values of `x-secret` keys and of variables that went into them. */
  readonly secrets: readonly string[];
  /** JSON pointer to `file:line:column`, for every leaf of the merged profile. */
  readonly origins: Readonly<Record<string, string>>;
  /** The merged profile, interpolated, secrets masked. */
  readonly display: unknown;
}

/** What may be used by each run, session and client; durations in milliseconds. */
export interface PlannedBudgets {
  readonly run?: BudgetLimits;
  readonly session?: BudgetLimits;
  /** `per`: time after which a client's budget begins anew. */
  readonly client?: BudgetLimits & { readonly per: number };
}

export interface PlannedInstance {
  readonly id: string;
  readonly plugin: DiscoveredPlugin;
  /**
   * Validated, defaults filled in, units coerced by `x-unit`: `duration` to milliseconds, `size` to bytes, `address` to
   * `host:port`, `path` to an absolute path. Frozen.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Config key with `x-ref` to the id or ids it names; nested keys as `a.b`. Absent instances are left out of lists. */
  readonly refs: Readonly<Record<string, string | readonly string[]>>;
  /** Why an optional instance is not there, such as `OPENAI_API_KEY is not set`. */
  readonly absent?: string;
  readonly restart: RestartPolicy;
  /** Absent: by its kind, and by whether the host serves others. */
  readonly onStartError?: "fail" | "retry" | "skip";
  /** Milliseconds that one call may take, or an answer be silent; 0 is no bound. Default 5 minutes. */
  readonly callTimeout: number;
  /** Absent: it runs in the host's own process. */
  readonly isolate?: IsolationLimits;
  /** What becomes of batches that a sink refuses; of sinks alone. */
  readonly deliver?: DeliveryPolicy;
  /** Globs of `source` or `source.type` that a sink wants; everything when empty. */
  readonly select: readonly string[];
  /** Added by the core: a service somebody requires, or the store when the profile has none. */
  readonly implicit: boolean;
}

/** Bounds on a plugin that runs in a process of its own. */
export interface IsolationLimits {
  /** Bytes that it may use, buffers included. Default 256 MiB. */
  readonly heap: number;
  /** Milliseconds that its thread may go without a turn of its event loop; 0 is no bound. Default 5 s. */
  readonly held: number;
}

export interface DeliveryPolicy {
  /** How often a batch is offered in all. Default 4. */
  readonly attempts: number;
  /** Milliseconds before it is offered again, doubled for each further time up to 30 s. Default 250. */
  readonly backoff: number;
  /** Where it goes then; absent: nowhere, and it is counted as dropped. */
  readonly deadLetter?: DeadLetter;
}

/** `file`: an absolute path; `size`: bytes from where it takes no more, 0 is no bound. `sink`: the id of another one. */
export type DeadLetter = { readonly file: string; readonly size: number } | { readonly sink: string };

export interface RestartPolicy {
  /** Restarts allowed within `within`; then the instance is `failed`. Default 5. */
  readonly attempts: number;
  /** Milliseconds; default 10 minutes. */
  readonly within: number;
  /** Milliseconds before the first restart, doubled for each further one up to 30 s. Default 500. */
  readonly backoff: number;
}

export interface DiscoveredPlugin {
  readonly manifest: PluginManifest;
  /** Absolute path of the folder with `plugin.json`. */
  readonly folder: string;
  /** Absolute path of the module. */
  readonly entry: string;
  readonly origin: "built-in" | "path" | "package";
  /** Its modules as they were when the profile was read; not of those that are built in, nor where there is too much. */
  readonly code?: PluginCode;
}

/** The modules of a plugin. */
export interface PluginCode {
  readonly digest: string;
  /** Absolute paths. */
  readonly files: readonly string[];
}

export interface LoadOptions {
  /** Path of the profile as the user gave it; problems name it so. */
  readonly file?: string;
  /** Stands for what `file` holds: a change that is checked before it is written. */
  readonly text?: string;
  /** A profile from code, instead of a file. */
  readonly config?: unknown;
  /** Whose text it is. Default `own`: who calls this vouches for what is read. */
  readonly trust?: Trust;
  /** For a client's text: what it may name because the profile that is served names it. */
  readonly known?: ProfileNames;
  /** From where `file`, and relative paths of `config`, start. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the core adds a `store-sqlite` instance where the profile declares no store. Default true. */
  readonly implicitStore?: boolean;
  /** Folders whose subfolders are plugins found by name. Default: the package's own `plugins/`. */
  readonly pluginFolders?: readonly string[];
}

export interface LoadResult {
  /** Absent when any problem is an error. */
  readonly plan?: Plan;
  /** The profile as one of its tests runs it; undefined where there is no plan or no such test. */
  readonly planOfTest: (name: string) => Plan | undefined;
  /** What a person has to allow before it is run, as far as it could be read. */
  readonly needs: readonly TrustNeed[];
  /**
   * Names all that was read, and the code it would import: the same text in the same place. Undefined where that is more
   * than can be looked at.
   */
  readonly digest: () => string | undefined;
  /** Everything found, in the order of place. */
  readonly problems: readonly Problem[];
  /** Texts by the name that problems give their file, for code frames. Secrets in them are blotted out. */
  readonly sources: Readonly<Record<string, string>>;
}
