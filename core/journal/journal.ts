import { SluiceError } from "../contract/errors.ts";
import type { Emission, EventOf, RunEvent } from "../contract/event.ts";
import type { Journal, JournalPage } from "../contract/host.ts";
import type { HostOwner, Store } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";
import { eventsOf } from "../kit/events/events-of.ts";
import { stamp } from "../kit/events/stamped-event.ts";
import { type AcceptedListener, AcceptedListeners } from "./accepted-listeners.ts";
import { Entry } from "./entry.ts";
import { Follower } from "./follower.ts";
import { ForeignWait } from "./foreign-wait.ts";
import type { JournalOptions } from "./journal-options.ts";
import { defaultJournalLimits, type JournalLimits } from "./limits.ts";
import { notFound, readForeign } from "./older.ts";
import { Recovery } from "./recover.ts";
import { RunJournal } from "./run-journal.ts";
import { StoreWriter } from "./store-writer.ts";
import type { RunEntry } from "./writer-options.ts";

/** Of a shared store: bytes that wait for it, over what makes producers pause, from where a run is given up. */
const heldBounds = 4;

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
  readonly #listeners: AcceptedListeners;
  readonly #runs = new Map<string, RunJournal>();
  /** Runs that wait for a host: whoever follows one waits as well. */
  readonly expected = new Set<string>();
  /** Ended runs, least recently used first. */
  readonly #ended = new Set<RunJournal>();
  #latest: RunJournal | undefined;
  #bytes = 0;
  #closed = false;
  readonly #recovery: Recovery;

  constructor(options: JournalOptions) {
    this.#clock = options.clock;
    this.#options = options;
    this.#limits = { ...defaultJournalLimits, ...options.limits };
    this.#listeners = new AcceptedListeners((message) => options.onRefused?.(message, ""));
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
        void this.#recovery.storeWorks();
      },
      onTaken: (run, error) => this.#taken(run, error),
    });
    this.#recovery = new Recovery({
      store: () => (this.#writer.stuck ? undefined : this.#writer.store),
      time: () => new Date(this.#clock.now()).toISOString(),
      owns: (run) => this.#runs.has(run),
      repeats: async (run) => (await options.repeats?.(run)) ?? false,
      onEnded: (ends) => this.#listeners.tell(ends.map((event) => new Entry(event))),
      // A shared store is asked again and again; whether it can be written shows where it is written.
      onFailed: (error) => {
        if (!this.shared) this.#writer.fail(error);
      },
    });
  }

  /** Sets or replaces the store, once it has started; what memory has and the store lacks is given to it. */
  attach(store: Store | undefined): void {
    this.#writer.attach(store);
  }

  /** Begins a run's journal; its first event must be `run-start`. `after`: goes on after what another host wrote. */
  open(run: string, after = 0): void {
    if (this.#runs.has(run)) throw new SluiceError("SLUICE_INTERNAL", `The run ${run} is open already.`);
    this.#runs.set(run, new RunJournal(run, after));
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
    this.#demandRoom(emission.type);
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
    const [foreign, release] = [new ForeignWait(this.#clock, () => this.#writer.store, run), this.hold(run)];
    const follower: Follower = new Follower(
      {
        live: (id) => this.#runs.get(id),
        older: (place) => readForeign(foreign, this.#writer.store, place, this.expected),
        pause: (stop) => this.#pause(foreign, stop),
      },
      run,
      after,
      signal,
      () => {
        foreign.stop();
        release();
        this.#followers.delete(follower);
      },
    );
    if (this.#closed || signal?.aborted) follower.stop();
    else this.#followers.add(follower);
    return follower;
  }

  /** Keeps a run in the store while somebody reads it, or goes on from it. Returns how to let it go. */
  hold(run: string): () => void {
    return this.#writer.store?.hold?.(run) ?? (() => undefined);
  }

  /** The events alone, from after `after`; those that are missing are told of by a `gap`. */
  events(run: string, after = 0): AsyncGenerator<RunEvent> {
    return eventsOf(run, this.follow(run, after));
  }

  async has(run: string): Promise<boolean> {
    if (this.#runs.has(run) || this.expected.has(run)) return true;
    const records = await this.#writer.store?.runs({ run, limit: 1 });
    return records !== undefined && records.length > 0;
  }

  /** A promise to await before producing more, while more than 8 MiB wait for the store. No reader slows a run. */
  pressure(): Promise<void> | undefined {
    return this.#writer.pressure();
  }

  /** Bytes that wait for the store. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  /** Hosts of other machines write the store as well. */
  get shared(): boolean {
    return this.#writer.store?.shared === true;
  }

  /** The store is shared and out of reach, for too long to begin anything: what happens is shown to nobody until it is back. */
  get cutOff(): boolean {
    return this.#writer.cutOff;
  }

  /** Of a shared store: resolves when it has taken the start of the run, or another host has the run. Else at once. */
  async begun(run: string): Promise<void> {
    const journal = this.shared ? this.#runs.get(run) : undefined;
    while (journal !== undefined && journal.published === journal.after && !journal.taken) {
      await new Promise<void>((resolve) => void journal.wait(resolve));
    }
  }

  /** Resolves when everything appended so far may be read. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Undefined when the store has the whole run, or there is none; else why not. A failed store is asked once more. */
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
    return this.#listeners.add(listener);
  }

  /**
   * Ends, as `lost`, the unfinished runs of hosts that no longer live. Each run is ended once, whoever is first. A store
   * that cannot tell is reported through `onStore`.
   */
  recover(isAlive: (owner: HostOwner) => boolean): Promise<readonly EventOf<"run-end">[]> {
    return this.#recovery.recover(isAlive);
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
      if (run.taken) continue;
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
    this.#listeners.tell(batch.map(({ entry }) => entry));
    this.#makeRoom();
  }

  /** An ended run goes to the end of the line. */
  #use(run: RunJournal): void {
    this.#ended.delete(run);
    this.#ended.add(run);
    this.#latest = run;
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

  /** What waits for a store out of reach, or too slow, must end somewhere; how a run ends is small and always has room. */
  #demandRoom(type: Emission["type"]): void {
    if (!this.shared || type === "run-end" || type === "error") return;
    if (this.#writer.waiting <= heldBounds * this.#limits.pendingBytes) return;
    throw new SluiceError("SLUICE_HOST_CUT_OFF", "the store is out of reach, and memory is full of what waits for it");
  }

  /** Readers go on with what the store has of it. */
  #taken(run: RunJournal, error: SluiceError): void {
    this.#runs.delete(run.run);
    this.#bytes -= run.ring.bytes;
    run.wake();
    this.#options.onTaken?.(run.run, error);
  }

  async #pause(foreign: ForeignWait, signal: AbortSignal): Promise<void> {
    await foreign.pause(signal);
    if (!this.shared) await this.#recovery.looked();
  }
}
