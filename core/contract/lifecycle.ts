import type { Observable } from "rxjs";

/**
 * The promises every instance makes and may rely on:
 *
 * `check` (pure, no I/O) -> `create` (no I/O, no timers) -> `start(signal)` -> running -> `drain(signal)` -> dispose.
 *
 * - What others refer to starts first, transports last; stopping is the other way round.
 * - `start` and `drain` have a time limit (10 s each unless the profile says otherwise). Then `signal` aborts and the
 *   instance is named in `SLUICE_PLUGIN_TIMEOUT`.
 * - Dispose is idempotent, legal before `start`, and nothing outlives it: no timer, handle, container or listener.
 * - The core reports lifecycle states; the plugin reports health alone.
 *
 * **Who bounds a call that hangs.** The host bounds every step of a lifecycle and every run (`timeout`, `budgets`).
 * With the sandbox it bounds every execution. It aborts the `signal` of the call and unsubscribes; a plugin that does
 * not listen is named, and its instance is replaced. Within a call the plugin bounds what it waits for itself: a
 * provider's silence, a server's start. Whoever takes a `signal` settles within 500 ms of its abort, with the signal's
 * reason.
 *
 * **Who retries.** A model retries its own requests while no text was given. After that it says with a `rewind` what is
 * void. A flow tries another instance (`fallback`). The host starts an instance again that reports `failed`, or whose
 * start failed where the profile says `onStartError: retry`: after `restart.backoff`, doubled up to 30 s, `attempts`
 * times within `within`. A sink's batch and a store's are given again by the host. Nobody else tries again, so that no
 * request is made more often than somebody can see.
 *
 * **What may be thrown.** A `SluiceError` is told as it is. Anything else becomes SLUICE_PLUGIN_* or SLUICE_INTERNAL and is
 * attributed to the instance. After an observable has errored or completed nothing more is read from it.
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

/** How an instance is, by its own account. */
export type Health =
  | { readonly status: "ok" }
  | { readonly status: "degraded"; readonly reason: string }
  | { readonly status: "failed"; readonly reason: string };
