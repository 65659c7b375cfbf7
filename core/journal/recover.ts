import { SluiceError } from "../contract/errors.ts";
import type { EventOf, Usage } from "../contract/event.ts";
import type { HostOwner, Store, UnfinishedRun } from "../contract/store.ts";
import { stamp } from "../kit/events/stamped-event.ts";
import { inTurns } from "../kit/timing/in-turns.ts";
import { pageSize } from "./run-journal.ts";

/** Every so many looks at a run that another process writes it is asked whether that process still lives. */
const looksPerRecovery = 10;
/** Runs that are ended at once: a host that had many has left none of them for long. */
const atOnce = 16;

export interface RecoveryOptions {
  readonly store: () => Store | undefined;
  /** The time for the ends that are written. */
  readonly time: () => string;
  /** Whether the run is written by this process. */
  readonly owns: (run: string) => boolean;
  readonly repeats: (run: string) => Promise<boolean>;
  readonly onEnded: (ends: readonly EventOf<"run-end">[]) => void;
  /** The store could not tell which runs are unfinished, or take an end. */
  readonly onFailed: (error: unknown) => void;
}

/** Ends, as `lost`, the unfinished runs of hosts that no longer live. */
export class Recovery {
  readonly #options: RecoveryOptions;
  #isAlive: ((owner: HostOwner) => boolean) | undefined;
  #looks = 0;
  #again = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Each run is ended once, whoever is first. `isAlive`: of processes of this machine. */
  async recover(isAlive: (owner: HostOwner) => boolean): Promise<readonly EventOf<"run-end">[]> {
    this.#isAlive = isAlive;
    const { onEnded, onFailed } = this.#options;
    const store = this.#options.store();
    const ended: EventOf<"run-end">[] = [];
    try {
      if (store !== undefined) await this.#endLost(store, (owner) => store.isAlive?.(owner) ?? isAlive(owner), ended);
      this.#again = false;
    } catch (error) {
      this.#again = true;
      onFailed(error);
    }
    if (ended.length > 0) onEnded(ended);
    return ended;
  }

  /** The store works again. */
  async storeWorks(): Promise<void> {
    if (this.#again && this.#isAlive !== undefined) await this.recover(this.#isAlive);
  }

  /** Somebody looked at a run that another process writes. */
  async looked(): Promise<void> {
    this.#looks += 1;
    if (this.#looks % looksPerRecovery === 0 && this.#isAlive !== undefined) await this.recover(this.#isAlive);
  }

  async #endLost(store: Store, isAlive: (owner: HostOwner) => boolean, ended: EventOf<"run-end">[]): Promise<void> {
    const { owns, repeats, time } = this.#options;
    const lost = (await store.unfinished(isAlive)).filter(({ run, owner }) => !owns(run) && !isAlive(owner));
    // One that cannot be ended now keeps no other from its end.
    const failures: unknown[] = [];
    await inTurns(lost, atOnce, async (unfinished) => {
      try {
        if (await repeats(unfinished.run)) return;
        const usage = await usageOf(store, unfinished.run);
        // It may have been heard again meanwhile.
        if (isAlive(unfinished.owner)) return;
        const end = await endLostRun(store, unfinished, { usage, time: time() });
        if (end !== undefined) ended.push(end);
      } catch (error) {
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
  }
}

/**
 * Writes the missing `run-end` of a run whose host is gone.
 *
 * Undefined when another host was faster: the store refuses the same `(run, seq)` twice, so that it is written once.
 */
async function endLostRun(
  store: Store,
  { run, lastSeq }: UnfinishedRun,
  { usage, time }: { readonly usage: Usage; readonly time: string },
): Promise<EventOf<"run-end"> | undefined> {
  const end = stamp(run, lastSeq + 1, time, {
    source: "core",
    type: "run-end",
    data: {
      status: "lost",
      usage,
      cost: { amount: null, currency: "USD" },
      reason: "The host ended while the run was under way.",
    },
  }) as EventOf<"run-end">;
  try {
    await store.append([end]);
    return end;
  } catch (error) {
    // Its owner, or another host, was faster.
    if (SluiceError.is(error) && error.code === "SLUICE_RUN_TAKEN") return undefined;
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
