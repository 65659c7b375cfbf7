import type { Observable } from "rxjs";

/**
 * The promises every instance makes and may rely on:
 *
 * `check` (pure, no I/O) -> `create` (no I/O, no timers) -> `start(signal)` -> running -> `drain(signal)` -> dispose.
 *
 * - What others refer to starts first, transports last; stopping is the other way round.
 * - `start` and `drain` have a time limit (10 s each unless the profile says otherwise), after which `signal` aborts and
 *   the instance is named in `SLUICE_PLUGIN_TIMEOUT`.
 * - Dispose is idempotent, legal before `start`, and nothing outlives it: no timer, handle, container or listener.
 * - The core reports lifecycle states; the plugin reports health alone.
 */
export interface Lifecycle {
  start?(signal: AbortSignal): void | Promise<void>;
  /** Finish what is under way, take on nothing new. */
  drain?(signal: AbortSignal): void | Promise<void>;
  /** `ok` or `degraded` with a reason, or a failure that asks for a restart. */
  readonly health$?: Observable<Health>;
  /** Takes changed options whose schema says `x-reload: live`. Calls under way keep theirs. */
  reconfigure?(config: never): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Health =
  | { readonly status: "ok" }
  | { readonly status: "degraded"; readonly reason: string }
  | { readonly status: "failed"; readonly reason: string };
