import type { EventOf, Usage } from "../contract/event.ts";
import type { Store, UnfinishedRun } from "../contract/store.ts";
import { stamp } from "../kit/events/stamped-event.ts";
import { pageSize } from "./run-journal.ts";

/**
 * Writes the missing `run-end` of a run whose host is gone.
 *
 * Undefined when another host was faster: the store refuses the same `(run, seq)` twice, so that it is written once.
 */
export async function endLostRun(
  store: Store,
  { run, lastSeq }: UnfinishedRun,
  time: string,
): Promise<EventOf<"run-end"> | undefined> {
  const end = stamp(run, lastSeq + 1, time, {
    source: "core",
    type: "run-end",
    data: {
      status: "lost",
      usage: await usageOf(store, run),
      cost: { amount: null, currency: "USD" },
      reason: "The host ended while the run was under way.",
    },
  }) as EventOf<"run-end">;
  try {
    await store.append([end]);
    return end;
  } catch (error) {
    const [record] = await store.runs({ run, limit: 1 });
    if (record !== undefined && record.status !== "running") return undefined;
    throw error;
  }
}

/** What the models of a run said they used, until its journal stops. */
async function usageOf(store: Store, run: string): Promise<Usage> {
  const usage = { inputTokens: 0, outputTokens: 0 };
  for (let after = 0; ; ) {
    const events = await store.read(run, after, pageSize);
    for (const event of events) {
      after = event.seq;
      if (event.type !== "model-end") continue;
      usage.inputTokens += event.data.usage.inputTokens;
      usage.outputTokens += event.data.usage.outputTokens;
    }
    if (events.length < pageSize) return usage;
  }
}
