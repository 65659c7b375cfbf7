import { type Clock, SluiceError } from "../../core/contract/index.ts";
import type { ClusterLink } from "../../core/kit/index.ts";

/** Milliseconds between attempts where servers change, and until they are given up. */
const pauses = { again: 250, patience: 10_000 };

export interface PersistOptions {
  readonly link: ClusterLink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Another server takes over where one has died: what does no harm twice is asked again meanwhile. */
export async function persist<T>(question: () => Promise<T>, { link, clock, signal }: PersistOptions): Promise<T> {
  for (let waited = 0; ; waited += pauses.again) {
    try {
      return await question();
    } catch (error) {
      const passing = SluiceError.is(error) && error.code === "SLUICE_STORE_FAILED";
      if (!passing || signal.aborted) throw error;
      if (waited >= pauses.patience) {
        if (link.connected) throw error;
        throw new SluiceError("SLUICE_HOST_CUT_OFF", "the queue cannot be reached", { cause: error });
      }
    }
    await clock.sleep(pauses.again, signal).catch(() => undefined);
  }
}
