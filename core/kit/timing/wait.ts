import { startTimer } from "./timer.ts";

/**
 * The outcome of `work`, unless `signal` aborts first: then it rejects with the signal's reason. What `work` still
 * yields is thrown away, failures included.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * The outcome of `work`, unless that takes longer than `limit` milliseconds: then it rejects with what `late` makes. A
 * limit of 0 is none. What `work` still yields is thrown away, failures included.
 */
export function within<T>(work: Promise<T>, limit: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(() => reject(late()), limit);
    work.then(resolve, reject).finally(() => timer.stop());
  });
}

/** How long somebody waits for work that goes on without them. */
export interface WaitBounds {
  readonly signal?: AbortSignal;
  /** Milliseconds; none by default, and 0 is none. */
  readonly limit?: number;
}

/**
 * Waits until `work` has ended, and no longer than the bounds allow. Returns whether it has ended.
 * @throws what `work` failed with
 */
export function waitFor(work: Promise<unknown>, { signal, limit = 0 }: WaitBounds): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve(false);
    const timer = startTimer(leave, limit).unref();
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
    const over = () => {
      timer.stop();
      signal?.removeEventListener("abort", leave);
    };
    work.then(() => resolve(true), reject).finally(over);
  });
}
