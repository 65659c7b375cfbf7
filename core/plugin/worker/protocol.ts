import type { MessagePort } from "node:worker_threads";
import type { DiscoveredPlugin } from "../../config/plan.ts";
import type { HostOwner } from "../../contract/store.ts";
import type { Environment, HostMode, Paths } from "../../contract/tokens.ts";

/** What a worker is given when it begins. */
export interface WorkerStart {
  readonly port: MessagePort;
  readonly id: string;
  readonly plugin: DiscoveredPlugin;
  /** A counter that its event loop raises, then the level of its log by its place in `logLevels`. */
  readonly shared: Int32Array;
  readonly host: WorkerHost;
}

/** What instances may inject, as far as it is only values. */
export interface WorkerHost {
  readonly paths: Paths;
  readonly owner: HostOwner;
  readonly environment: Environment;
  readonly mode: HostMode;
}

/** Places in `shared`. */
export const shared = { beat: 0, level: 1, length: 2 } as const;

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
