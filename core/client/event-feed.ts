import type { Subscriber } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";

/** What a feed asks of its connection. */
export interface FeedPort {
  /** Allows so many more events. */
  credit(run: string, count: number): void;
  /** The reader left before the end. */
  leave(): void;
  /** Events are missing without a word: read again from after this one. */
  resync(run: string, after: number): void;
}

/** Events that the host lets under way by itself. */
const hostWindow = 256;
/** Credit is granted in lumps: whenever a quarter of the window was read, in events or in characters at 1 KiB each. */
const lumps = 4;

interface Waiting {
  resolve(result: IteratorResult<RunEvent, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The events of one run between the connection and its one reader. Holds at most a window of them, because credit is
 * granted only for what was read; drops what it has seen already.
 */
export class EventFeed {
  readonly #port: FeedPort;
  /** Read from `#first` on, so that taking one does not move the others. */
  #buffer: { readonly event: RunEvent; readonly size: number }[] = [];
  #first = 0;
  #received: number;
  #read: number;
  #owed = { events: 0, size: 0 };
  /** Events that may be under way beyond the host's own window; granted once a run proves to be long. */
  readonly #wider: number;
  #widened = false;
  #ended = false;
  #failure: SluiceError | undefined;
  #taken = false;
  #subscriber: Subscriber<RunEvent> | undefined;
  #waiting: Waiting[] = [];

  /** `window`: events that may be under way, each of them with 1 KiB on average. */
  constructor(after: number, window: number, port: FeedPort) {
    this.#wider = Math.max(0, window - hostWindow);
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
    if (event.seq <= this.#received) {
      this.#owe(event.run, size);
    } else if (event.seq > this.#received + 1) {
      this.#port.resync(event.run, this.#received);
    } else {
      this.#accept(event, event.seq, size);
    }
  }

  /** A hole that the host tells of stands in the stream as an event of its own. */
  gap(run: string, from: number, to: number, reason: string): void {
    if (this.over || to <= this.#received) return;
    const place = { run, seq: to, time: new Date().toISOString(), source: "core" };
    this.#accept({ ...place, type: "gap", data: { from: Math.max(from, this.#received + 1), to, reason } }, to, 0);
  }

  fail(error: SluiceError): void {
    if (this.over) return;
    this.#failure = error;
    this.#flush();
  }

  /** Forgets what was not read yet, and returns the `seq` to follow on from: the host sends it again. */
  rewind(): number {
    this.#buffer = [];
    this.#first = 0;
    this.#received = this.#read;
    this.#owed = { events: 0, size: 0 };
    this.#widened = false;
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
    this.#owe(event.run, size);
    return event;
  }

  #owe(run: string, size: number): void {
    this.#owed.events += 1;
    this.#owed.size += size;
    const lump = (hostWindow + (this.#widened ? this.#wider : 0)) / lumps;
    if (this.over || (this.#owed.events < lump && this.#owed.size < lump * 1024)) return;
    this.#port.credit(run, this.#owed.events + (this.#widened ? 0 : this.#wider));
    this.#widened = true;
    this.#owed = { events: 0, size: 0 };
  }

  #leave(): void {
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
