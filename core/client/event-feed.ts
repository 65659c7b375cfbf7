import type { Subscriber } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";

/** What a feed asks of its connection. */
export interface FeedPort {
  /** Everything up to `seq` has been read. */
  ack(run: string, seq: number): void;
  /** How often the host wants to hear it. */
  readonly rhythm: { readonly events: number; readonly bytes: number };
  /** The reader left before the end. */
  leave(): void;
  /** Events are missing without a word: read again from after this one. */
  resync(run: string, after: number): void;
}

/** Milliseconds; what is more would end at once. */
const longestTimer = 2 ** 31 - 1;

interface Waiter {
  resolve(result: IteratorResult<RunEvent, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The events of one run between the connection and its one reader. Holds at most the host's window of them, because
 * only what was read is acknowledged; drops what it has seen already.
 */
export class EventFeed {
  readonly #port: FeedPort;
  /** Read from `#first` on, so that taking one does not move the others. */
  #buffer: { readonly event: RunEvent; readonly size: number }[] = [];
  #first = 0;
  #received: number;
  #read: number;
  /** What was read since the last acknowledgement. */
  #owed = { events: 0, size: 0 };
  /** The host waits for an acknowledgement of what has not been read yet. */
  #asked = false;
  /** When something of the run came last. */
  #heard = Date.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #failure: SluiceError | undefined;
  #taken = false;
  #subscriber: Subscriber<RunEvent> | undefined;
  #waiting: Waiter[] = [];

  constructor(after: number, port: FeedPort) {
    this.#received = after;
    this.#read = after;
    this.#port = port;
  }

  /** True when everything has been received, or nothing more will be. */
  get over(): boolean {
    return this.#ended || this.#failure !== undefined;
  }

  /** `size` is the length of its frame. */
  push(event: RunEvent, size: number): void {
    if (this.over) return;
    this.#heard = Date.now();
    if (event.seq === this.#received + 1) this.#accept(event, event.seq, size);
    else if (event.seq > this.#received) this.#port.resync(event.run, this.#received);
  }

  /** The host asks how far the run has been read. */
  asked(run: string): void {
    if (this.over) return;
    this.#heard = Date.now();
    this.#asked = this.#first < this.#buffer.length;
    this.#ack(run);
  }

  /**
   * Fails when the run is not over at `time`, and nothing has come for `grace` milliseconds: the host keeps the same limit,
   * and this is for a host that does not. A reader that has not read yet waits for nobody.
   */
  limit(time: number, grace: number, error: () => SluiceError): void {
    if (this.over) return;
    const step = Math.min(time, longestTimer);
    this.#timer = setTimeout(() => {
      const waits = time === step && this.#first === this.#buffer.length && Date.now() - this.#heard >= grace;
      if (waits) this.fail(error());
      else this.limit(Math.max(grace, time - step), grace, error);
    }, step);
  }

  /** A hole that the host tells of stands in the stream as an event of its own. */
  gap(run: string, from: number, to: number, reason: string): void {
    if (this.over || to <= this.#received) return;
    const place = { run, seq: to, time: new Date().toISOString(), source: "core" };
    this.#heard = Date.now();
    this.#accept({ ...place, type: "gap", data: { from: Math.max(from, this.#received + 1), to, reason } }, to, 0);
  }

  fail(error: SluiceError): void {
    if (this.over) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#flush();
  }

  /** Forgets what was not read yet, and returns the `seq` to follow on from: the host sends it again. */
  rewind(): number {
    this.#buffer = [];
    this.#first = 0;
    this.#received = this.#read;
    this.#owed = { events: 0, size: 0 };
    this.#asked = false;
    return this.#read;
  }

  subscribe(subscriber: Subscriber<RunEvent>): () => void {
    this.#take();
    this.#subscriber = subscriber;
    this.#flush();
    return () => {
      this.#subscriber = undefined;
      this.#leave();
    };
  }

  iterate(): AsyncIterator<RunEvent, undefined> {
    this.#take();
    return {
      next: () =>
        new Promise((resolve, reject) => {
          this.#waiting.push({ resolve, reject });
          this.#flush();
        }),
      return: async () => {
        this.#leave();
        return { done: true, value: undefined };
      },
    };
  }

  #accept(event: RunEvent, seq: number, size: number): void {
    this.#received = seq;
    this.#ended = event.type === "run-end";
    if (this.#ended) clearTimeout(this.#timer);
    this.#buffer.push({ event, size });
    this.#flush();
  }

  /** Hands on as much as there is and the reader wants; then the end, when it is reached. */
  #flush(): void {
    while (this.#first < this.#buffer.length && (this.#subscriber !== undefined || this.#waiting.length > 0)) {
      const event = this.#shift();
      if (this.#subscriber !== undefined) this.#subscriber.next(event);
      else this.#waiting.shift()?.resolve({ done: false, value: event });
    }
    if (this.#first < this.#buffer.length || !this.over) return;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (this.#failure === undefined) resolve({ done: true, value: undefined });
      else reject(this.#failure);
    }
    if (this.#failure === undefined) this.#subscriber?.complete();
    else this.#subscriber?.error(this.#failure);
  }

  #shift(): RunEvent {
    const { event, size } = this.#buffer[this.#first] as { event: RunEvent; size: number };
    this.#first += 1;
    if (this.#first === this.#buffer.length) {
      this.#buffer = [];
      this.#first = 0;
    }
    this.#read = event.seq;
    this.#owed.events += 1;
    this.#owed.size += size;
    if (!this.over && this.#due) this.#ack(event.run);
    return event;
  }

  get #due(): boolean {
    const { events, bytes } = this.#port.rhythm;
    const { size, events: count } = this.#owed;
    return count >= events || size >= bytes || (this.#asked && this.#first === this.#buffer.length);
  }

  #ack(run: string): void {
    this.#owed = { events: 0, size: 0 };
    this.#port.ack(run, this.#read);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    if (!this.over) this.#port.leave();
    this.#ended = true;
    this.#buffer = [];
    this.#first = 0;
    this.#flush();
  }

  #take(): void {
    if (this.#taken) {
      throw new SluiceError("SLUICE_USAGE", "the events of this run are being read already", {
        cure: "Share the one reading, or follow the run with another client.",
      });
    }
    this.#taken = true;
  }
}
