import type { SluiceError } from "../../contract/errors.ts";
import type { RetryPolicy } from "./remote-config.ts";

/**
 * How long to wait before attempt `next` (the second is 2), or undefined when there is to be none. The only place where
 * requests to models are repeated: the AI SDK does not retry at provider level.
 *
 * @param left milliseconds until the total time-out; a wait that reaches it is not begun.
 */
export function pauseBefore(
  next: number,
  error: SluiceError,
  policy: RetryPolicy,
  left: number,
  random: () => number = Math.random,
): number | undefined {
  if (!error.retryable || next > policy.attempts) return undefined;
  const backoff = Math.min(policy.backoff * 2 ** (next - 2), policy.longest) * (1 - random() / 2);
  // The provider knows better than we when to come back; a part of the back-off spreads those that were told the same.
  const pause = error.retryAfter === undefined ? backoff : Math.max(error.retryAfter, 1) + random() * 50;
  if (error.retryAfter !== undefined && error.retryAfter > policy.longest) return undefined;
  return pause < left ? pause : undefined;
}
