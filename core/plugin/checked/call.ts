import { SluiceError } from "../../contract/errors.ts";
import { orAborted, within } from "../../kit/timing/wait.ts";
import { asInstance } from "../guard/attribution.ts";
import { type Party, thrownBy, tookTooLong } from "./fault.ts";

/** One call of an instance's method that returns a promise: attributed, bounded, and with typed errors alone. */
export async function checkedCall<T>(
  party: Party,
  step: string,
  run: () => T | Promise<T>,
  { retryable = false } = {},
): Promise<T> {
  const limit = party.callTimeout;
  try {
    party.failed.throwIfAborted();
    const result = orAborted(
      asInstance(party.id, async () => run()),
      party.failed,
    );
    return await within(result, limit, () => tookTooLong(party, step, "did not return", limit));
  } catch (thrown) {
    throw thrownBy(party, step, thrown, retryable);
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
