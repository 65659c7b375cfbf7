import { SluiceError } from "../contract/errors.ts";
import { startTimer } from "../kit/timing/timer.ts";
import { orAborted } from "../kit/timing/wait.ts";

/** Milliseconds for one lifecycle step of an instance. */
export const stepLimit = 10_000;
/** Milliseconds for a plugin's module, which may wait for something at its top level. */
export const loadLimit = 30_000;

/**
 * Runs one lifecycle step within its time. The step's signal aborts when the time is over or `outer` aborts.
 * @throws SluiceError SLUICE_PLUGIN_TIMEOUT that names the instance and the step
 */
export async function withinLimit<T>(
  id: string,
  step: string,
  limit: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const signal = outer ? AbortSignal.any([outer, abort.signal]) : abort.signal;
  const timer = startTimer(() => {
    abort.abort(new SluiceError("SLUICE_PLUGIN_TIMEOUT", `${id} took longer than ${limit / 1000} s to ${step}`));
  }, limit);
  try {
    const work = Promise.resolve().then(() => run(signal));
    return await orAborted(work, signal);
  } finally {
    timer.stop();
  }
}
