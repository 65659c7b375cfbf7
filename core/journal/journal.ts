import { SluiceError } from "../contract/errors.ts";
import type { Emission, EventOf, RunEvent } from "../contract/event.ts";
import type { Journal, JournalEntry, JournalPage } from "../contract/host.ts";
import type { HostOwner, Store } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";
import { stamp } from "../kit/events/stamped-event.ts";
import { Entry } from "./entry.ts";
import { Follower } from "./follower.ts";
import { defaultJournalLimits, type JournalLimits } from "./limits.ts";
import { notFound, readOlder } from "./older.ts";
import { endLostRun } from "./recover.ts";
import { RunJournal } from "./run-journal.ts";
import { type RunEntry, StoreWriter } from "./store-writer.ts";

export interface JournalOptions {
  readonly clock: Clock;
  readonly limits?: Partial<JournalLimits>;
  /** Takes secrets out of messages that Sluicebox itself puts into a run: those of `error`, `rewind`, `run-end`. */
  readonly mask?: (value: unknown) => unknown;
  /** The store failed, for another reason than before, or works again (undefined). Called once for each change. */
  readonly onStore?: (error: SluiceError | undefined) => void;
  /** Something was refused that a correct caller would not do, such as an event after `run-end`. */
  readonly onRefused?: (message: string, run: string) => void;
}

export type AcceptedListener = (entries: readonly JournalEntry[]) => void;

/** Milliseconds between looks at a run that another process writes. */
const foreignPause = 200;
/** Every so many looks it is asked whether that process still lives. */
const looksPerRecovery = 10;

/**
 * The journals of all runs of a host: the only buffer there is.
 *
 * A producer appends and goes on; every reader has a cursor of its own. A reader sees only what the store has accepted,
 * so that no crash un-happens an event that somebody saw. When the store fails, that is said once and the host goes on
 * from memory.
 */
export class Journals implements Journal, AsyncDisposable {
  readonly #clock: Clock;
  readonly #options: JournalOptions;
  readonly #limits: JournalLimits;
  readonly #writer: StoreWriter;
  readonly #followers = new Set<Follower>();
  readonly #listeners = new Set<AcceptedListener>();
  readonly #runs = new Map<string, RunJournal>();
  /** Ended runs, least recently used first. */
  readonly #ended = new Set<RunJournal>();
  #latest: RunJournal | undefined;
  #bytes = 0;
  #closed = false;
  #isAlive: ((owner: HostOwner) => boolean) | undefined;
  #looks = 0;
  /** The store could not tell which runs are unfinished. */
  #recoverAgain = false;

  constructor(options: JournalOptions) {
    this.#clock = options.clock;
    this.#options = options;
    this.#limits = { ...defaultJournalLimits, ...options.limits };
    this.#writer = new StoreWriter({
      clock: options.clock,
      pendingBytes: this.#limits.pendingBytes,
      timeLimit: this.#limits.storeTimeLimit,
      retryAfter: this.#limits.storeRetry,
      publish: (batch) => this.#publish(batch),
      runs: () => this.#runs.values(),
      onFailed: (error) => this.#options.onStore?.(error),
      onRecovered: () => {
        this.#options.onStore?.(undefined);
        if (this.#recoverAgain && this.#isAlive !== undefined) void this.recover(this.#isAlive);
      },
    });
  }

  /** Sets or replaces the store, once it has started; what memory has and the store lacks is given to it. */
  attach(store: Store | undefined): void {
    this.#writer.attach(store);
  }

  /** Begins a run's journal; its first event must be `run-start`. */
  open(run: string): void {
    if (this.#runs.has(run)) throw new SluiceError("SLUICE_INTERNAL", `The run ${run} is open already.`);
    this.#runs.set(run, new RunJournal(run));
  }

  /**
   * Gives the emission its place. Synchronous; readers see it when the store has accepted it.
   *
   * Undefined for what comes after `run-end`: it is refused, and said through `onRefused`.
   * @throws SluiceError SLUICE_RUN_NOT_FOUND when the run was not opened here.
   */
  append(run: string, emission: Emission): RunEvent | undefined {
    const journal = this.#runs.get(run);
    if (journal === undefined) throw notFound(run);
    if (journal.ended) return this.#refuse(run, `${emission.type} of ${emission.source} came after run-end.`);
    if ((emission.type === "run-start") !== (journal.appended === 0))
      return this.#refuse(run, `${emission.type} cannot be event ${journal.appended + 1} of a run.`);
    journal.appended += 1;
    if (emission.type === "run-end") journal.ended = true;
    const event = stamp(run, journal.appended, new Date(this.#clock.now()).toISOString(), this.#masked(emission));
    this.#writer.add({ run: journal, entry: new Entry(event) });
    return event;
  }

  /**
   * Reads on from after `after`, live, until `run-end`. It ends early, without an error, when `signal` aborts or the
   * host stops.
   * @throws SluiceError (from `next`) SLUICE_RUN_NOT_FOUND, SLUICE_STORE_FAILED
   */
  follow(run: string, after = 0, signal?: AbortSignal): AsyncIterableIterator<JournalPage, undefined> {
    const known = this.#runs.get(run);
    if (known !== undefined && this.#ended.has(known)) this.#use(known);
    const follower: Follower = new Follower(
      {
        live: (id) => this.#runs.get(id),
        older: (id, from, before, limit) => readOlder(this.#writer.store, id, from, before, limit),
        pause: (stop) => this.#pause(stop),
      },
      run,
      after,
      signal,
      () => this.#followers.delete(follower),
    );
    if (this.#closed || signal?.aborted) follower.stop();
    else this.#followers.add(follower);
    return follower;
  }

  /** The events alone, from after `after`; pages that are missing are passed over. */
  async *events(run: string, after = 0): AsyncGenerator<RunEvent> {
    for await (const page of this.follow(run, after)) {
      if (page.kind === "events") for (const entry of page.entries) yield entry.event;
    }
  }

  async has(run: string): Promise<boolean> {
    if (this.#runs.has(run)) return true;
    const records = await this.#writer.store?.runs({ run, limit: 1 });
    return records !== undefined && records.length > 0;
  }

  /** A promise to await before producing more, while more than 8 MiB wait for the store. No reader slows a run. */
  pressure(): Promise<void> | undefined {
    return this.#writer.pressure();
  }

  /** Resolves when everything appended so far may be read. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /**
   * Undefined when the store has the whole run, or there is none; else why not. A failed store is asked once more.
   */
  async unstored(run: string): Promise<SluiceError | undefined> {
    const fault = await this.#writer.settle();
    const journal = this.#runs.get(run);
    if (this.#writer.store === undefined || journal === undefined) return undefined;
    if (journal.stored === journal.published && !journal.holes) return undefined;
    const what = journal.stored === 0 ? "is not in the store" : "is not whole in the store";
    return new SluiceError("SLUICE_RUN_NOT_STORED", `the run ${run} took place, and ${what}`, {
      ...(fault === undefined ? {} : { cure: fault.cure, cause: fault }),
    });
  }

  /** Calls `listener` with everything readers may see, in order, from now on. Returns how to stop that. */
  onAccepted(listener: AcceptedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Ends, as `lost`, the unfinished runs of hosts that no longer live. Each run is ended once, whoever is first. A store
   * that cannot tell is reported through `onStore`.
   */
  async recover(isAlive: (owner: HostOwner) => boolean): Promise<readonly EventOf<"run-end">[]> {
    this.#isAlive = isAlive;
    const store = this.#writer.store;
    if (store === undefined) return [];
    const ended: EventOf<"run-end">[] = [];
    try {
      for (const unfinished of await store.unfinished()) {
        if (this.#runs.has(unfinished.run) || isAlive(unfinished.owner)) continue;
        const end = await endLostRun(store, unfinished, new Date(this.#clock.now()).toISOString());
        if (end !== undefined) ended.push(end);
      }
      this.#recoverAgain = false;
    } catch (error) {
      this.#recoverAgain = true;
      this.#writer.fail(error);
    }
    if (ended.length > 0) this.#tell(ended.map((event) => new Entry(event)));
    return ended;
  }

  /** Takes what is pending to the store and ends every follower. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    this.#closed = true;
    for (const follower of this.#followers) follower.stop();
    this.#listeners.clear();
  }

  #publish(batch: readonly RunEntry[]): void {
    const touched = new Set<RunJournal>();
    for (const { run, entry } of batch) {
      this.#bytes -= run.ring.bytes;
      run.publish(entry);
      run.ring.trim(this.#limits.runEvents, this.#limits.runBytes);
      this.#bytes += run.ring.bytes;
      touched.add(run);
    }
    for (const run of touched) {
      if (!run.finished) continue;
      this.#use(run);
      if (run.stored === run.published) run.head = undefined;
    }
    for (const run of touched) run.wake();
    this.#tell(batch.map(({ entry }) => entry));
    this.#makeRoom();
  }

  /** An ended run goes to the end of the line. */
  #use(run: RunJournal): void {
    this.#ended.delete(run);
    this.#ended.add(run);
    this.#latest = run;
  }

  #tell(entries: readonly JournalEntry[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(entries);
      } catch (error) {
        this.#listeners.delete(listener);
        this.#options.onRefused?.(`A listener of the journal threw and is no longer called: ${error}`, "");
      }
    }
  }

  /**
   * Ended runs leave memory; without a store their last event stays, and says that there were others. Then the one used
   * last stays whole: whoever watched it to its end is about to read that.
   */
  #makeRoom(): void {
    for (const run of this.#ended) {
      const kept = run.stored === run.published;
      if (this.#bytes <= this.#limits.hostBytes && this.#ended.size <= this.#limits.endedRuns) break;
      if (!kept && run === this.#latest) break;
      this.#bytes -= run.ring.bytes;
      if (kept || this.#ended.size > this.#limits.endedRuns) {
        this.#runs.delete(run.run);
        this.#ended.delete(run);
        if (run === this.#latest) this.#latest = undefined;
      } else {
        run.ring.trim(1, 0);
        this.#bytes += run.ring.bytes;
      }
    }
  }

  #refuse(run: string, message: string): undefined {
    this.#options.onRefused?.(message, run);
  }

  #masked(emission: Emission): Emission {
    const { mask } = this.#options;
    if (mask === undefined) return emission;
    if (emission.type !== "error" && emission.type !== "rewind" && emission.type !== "run-end") return emission;
    return { ...emission, data: mask(emission.data) } as Emission;
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(foreignPause, signal);
    this.#looks += 1;
    if (this.#looks % looksPerRecovery === 0 && this.#isAlive !== undefined) await this.recover(this.#isAlive);
  }
}
