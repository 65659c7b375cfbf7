import { randomUUID } from "node:crypto";
import type { KV } from "@nats-io/kv";
import type { Clock } from "../../core/contract/index.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { isJsonObject, parseJsonObject } from "../../core/kit/index.ts";
import { isWrongLast } from "./failure.ts";
import { tokenOf } from "./streams.ts";

export interface ValueBucketOptions {
  readonly records: () => KV;
  /** Milliseconds by the servers' clock. */
  readonly now: () => Promise<number>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isAlive: (host: string) => boolean;
  readonly host: string;
}

/** Milliseconds between attempts, and until whoever is not patient gives up. */
const pauses = { again: 250, patience: 10_000 };
/** Writers that a value remembers before those of dead hosts are forgotten. */
const manyWriters = 64;

/** A value as it is kept: with the number of the last change that each writer made, by which a lost answer is known. */
interface ValueRecord {
  readonly value: unknown;
  readonly by: Readonly<Record<string, number>>;
}

interface ValueReading extends ValueRecord {
  /** 0: nothing is kept. */
  readonly revision: number;
}

/** Values in the key-value bucket. A change is written over what it was made from, and else made anew from what is there. */
export class ValueBucket {
  readonly #options: ValueBucketOptions;
  readonly #writer: string;
  /** What this host wrote last, so that it need not be read. */
  readonly #known = new Map<string, ValueReading>();
  readonly #turns = new Map<string, Promise<void>>();
  #count = 0;

  constructor(options: ValueBucketOptions) {
    this.#options = options;
    this.#writer = `${options.host} ${randomUUID().slice(0, 8)}`;
  }

  /** One after the other for each key. @throws SluiceError SLUICE_HOST_CUT_OFF, or NATS's own */
  async change(key: string, change: (before: unknown, now: number) => unknown, patient: boolean): Promise<void> {
    const late = new AbortController();
    const stop = () => late.abort();
    const { signal } = this.#options;
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const timer = patient ? undefined : setTimeout(stop, pauses.patience);
    try {
      await this.#inTurn(key, change, late.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  async #inTurn(key: string, change: (before: unknown, now: number) => unknown, late: AbortSignal): Promise<void> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const work = before.then(() => (late.aborted ? undefined : this.#persist(key, change, late)));
    const turn = work.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(key, turn);
    void turn.then(() => {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    });
    await orLate(work, late);
  }

  async #persist(key: string, change: (before: unknown, now: number) => unknown, late: AbortSignal): Promise<void> {
    this.#count += 1;
    const number = this.#count;
    let doubt = false;
    while (!late.aborted) {
      try {
        const found = this.#known.get(key) ?? (await this.#read(key));
        // An answer was lost, and the change was made.
        if (doubt && (found.by[this.#writer] ?? 0) >= number) return;
        doubt = await this.#write(key, found, number, change);
        if (!doubt) return;
      } catch {
        // Nobody knows whether it was taken. It is looked at when the servers are there again.
        doubt = true;
        this.#known.delete(key);
        await this.#options.clock.sleep(pauses.again, late).catch(() => undefined);
      }
    }
  }

  /** True where another host was faster. */
  async #write(
    key: string,
    { value, by, revision }: ValueReading,
    number: number,
    change: (before: unknown, now: number) => unknown,
  ): Promise<boolean> {
    const after = change(value, await this.#options.now());
    if (after === undefined) return false;
    const kept: ValueRecord = { value: after, by: { ...this.#living(by), [this.#writer]: number } };
    const records = this.#options.records();
    const name = nameOf(key);
    try {
      const text = JSON.stringify(kept);
      const next = revision === 0 ? await records.create(name, text) : await records.update(name, text, revision);
      this.#known.delete(key);
      this.#known.set(key, { ...kept, revision: next });
      if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value ?? key);
      return false;
    } catch (error) {
      this.#known.delete(key);
      if (!isWrongLast(error)) throw error;
      return true;
    }
  }

  async #read(key: string): Promise<ValueReading> {
    const entry = await this.#options.records().get(nameOf(key));
    if (entry === null || entry.operation !== "PUT") return { value: undefined, by: {}, revision: 0 };
    try {
      const { value, by } = parseJsonObject(entry.string(), { from: "the store" });
      return { value, by: isJsonObject(by) ? (by as ValueRecord["by"]) : {}, revision: entry.revision };
    } catch (error) {
      // What nobody of ours has written counts as nothing.
      if (!SluiceError.is(error)) throw error;
      return { value: undefined, by: {}, revision: entry.revision };
    }
  }

  #living(by: ValueRecord["by"]): ValueRecord["by"] {
    if (Object.keys(by).length <= manyWriters) return by;
    const { isAlive } = this.#options;
    return Object.fromEntries(Object.entries(by).filter(([writer]) => isAlive(writer.split(" ", 1)[0] ?? "")));
  }
}

/** Values that are remembered. */
const mostKnown = 10_000;

function nameOf(key: string): string {
  return `v.${tokenOf(key)}`;
}

/** Who waits is not held up by who waits before. */
async function orLate(work: Promise<void>, late: AbortSignal): Promise<void> {
  let stop: (() => void) | undefined;
  const given = new Promise<never>((_, reject) => {
    stop = () => reject(new SluiceError("SLUICE_HOST_CUT_OFF", "what hosts share cannot be reached"));
    if (late.aborted) stop();
    else late.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([work, given]);
  } finally {
    if (stop !== undefined) late.removeEventListener("abort", stop);
  }
}
