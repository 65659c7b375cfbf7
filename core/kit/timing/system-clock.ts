import type { Clock } from "../../contract/tokens.ts";

/** `setTimeout` takes at most 2^31 - 1 milliseconds; longer sleeps are cut into pieces. A sleep of 0 is over at once. */
const longestTimer = 2 ** 31 - 1;

/** The operating system's time. Its sleeps never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let left = Math.max(0, milliseconds);
      let timer: NodeJS.Timeout;
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const wait = () => {
        const piece = Math.min(left, longestTimer);
        left -= piece;
        timer = setTimeout(() => {
          if (left > 0) return wait();
          signal?.removeEventListener("abort", abort);
          resolve();
        }, piece).unref();
      };
      signal?.addEventListener("abort", abort, { once: true });
      wait();
    }),
};
