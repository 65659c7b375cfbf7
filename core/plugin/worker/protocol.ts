import type { DiscoveredPlugin, IsolationLimits } from "../../config/plan.ts";
import type { HostOwner } from "../../contract/store.ts";
import type { Environment, HostMode, Paths } from "../../contract/tokens.ts";
import type { Failure } from "./failure.ts";

/** What a worker is given when it begins. */
export interface WorkerStart {
  readonly id: string;
  readonly plugin: DiscoveredPlugin;
  readonly limits: IsolationLimits;
  /** The level of its log, by its place in `logLevels`. */
  readonly level: number;
  readonly host: WorkerHost;
}

/** What instances may inject, as far as it is only values. */
export interface WorkerHost {
  readonly paths: Paths;
  readonly owner: HostOwner;
  readonly environment: Environment;
  readonly mode: HostMode;
}

/** What goes over the channel beside the port's own messages: of the host, and of the worker. */
export type Control =
  | { readonly kind: "start"; readonly start: WorkerStart }
  | { readonly kind: "level"; readonly level: number }
  | { readonly kind: "uncaught"; readonly failure: Failure };

/** What the thread that watches a worker is given. */
export interface WatchData {
  /** See {@link places}. */
  readonly state: Int32Array;
  readonly limits: IsolationLimits;
  readonly folder: string;
}

/** Places in the memory that a worker shares with the thread that watches it: a counter of its turns, and kibibytes in use. */
export const places = { beat: 0, used: 1, length: 2 } as const;

/** What that thread tells the host, as a line of JSON, over a pipe of its own. */
export type WatchVerdict = { readonly over: "heap" } | { readonly over: "held"; readonly place: string };

/** The descriptor of that pipe in the worker. */
export const verdictPipe = 4;

/** Milliseconds between two signs of life of a worker, and between two looks at it. */
export const beatPause = 100;

/** What a worker tells by itself, in order, with what it is called with. */
export type Notice =
  | readonly ["log", level: string, message: string, fields: unknown]
  | readonly ["report", method: string, args: readonly unknown[]]
  | readonly ["facts", facts: Facts]
  | readonly ["health", health: unknown]
  | readonly ["fault", error: unknown];

/** What is known of an instance without asking it: which optional methods it has, and fields that may change. */
export interface Facts {
  readonly has: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}
