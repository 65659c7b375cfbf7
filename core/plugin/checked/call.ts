import { SluiceError } from "../../contract/errors.ts";
import { startTimer } from "../../kit/timing/timer.ts";
import { asInstance } from "../attribution.ts";
import { type Party, thrownBy, tookTooLong } from "./fault.ts";

/** One call of an instance's method that returns a promise: attributed, bounded, and with typed errors alone. */
export async function checkedCall<T>(
  party: Party,
  step: string,
  run: () => T | Promise<T>,
  { retryable = false } = {},
): Promise<T> {
  const limit = party.callTimeout;
  const late = Promise.withResolvers<never>();
  const timer = startTimer(() => late.reject(tookTooLong(party, step, "did not return", limit)), limit);
  const onFailed = () => late.reject(party.failed.reason);
  party.failed.addEventListener("abort", onFailed);
  try {
    party.failed.throwIfAborted();
    const result = asInstance(party.id, async () => run());
    // What a call says that nobody waits for any more.
    result.catch(() => undefined);
    return await Promise.race([result, late.promise]);
  } catch (thrown) {
    throw thrownBy(party, step, thrown, retryable);
  } finally {
    timer.stop();
    party.failed.removeEventListener("abort", onFailed);
  }
}

/** A call whose outcome nobody waits for, such as the end of a session: what it throws is reported. */
export async function quietCall(party: Party, step: string, run: () => unknown): Promise<void> {
  try {
    await checkedCall(party, step, run);
  } catch (error) {
    party.report(SluiceError.from(error));
  }
}
