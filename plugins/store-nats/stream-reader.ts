import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import type { Clock, RunEvent } from "../../core/contract/index.ts";
import { type ChunkHead, decode, headOf } from "./chunk.ts";
import { lastMessage } from "./stream-writers.ts";
import { type ClusterNames, messageOf, type Streams } from "./streams.ts";

/** Messages asked for at once, and bytes of them from where no more come. */
const fetched = { messages: 64, bytes: 1024 * 1024 };
/** Places that are remembered: where each follower goes on. */
const mostPlaces = 20_000;
/** Numbers of messages between which a place is searched no further. */
const near = 16;

export interface StreamReaderOptions {
  readonly names: ClusterNames;
  readonly streams: () => Streams;
  readonly clock: Clock;
  /** Number of the newest message of a run that somebody has told of; 0 where nobody has. */
  readonly toldOf: (run: string) => number;
}

/** Milliseconds before a copy is asked again that is behind what was told, growing; then whoever leads is asked. */
const behind = [5, 20, 80];

/** Reads runs from the stream, from after any event. It remembers where it was, and searches where it was not. */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #names: ClusterNames;
  readonly #streams: () => Streams;
  /** Run and event, to the number of the message from where to read on; least recently used first. */
  readonly #places = new Map<string, number>();
  /** Those that are under way: followers at one place share one. */
  readonly #reading = new Map<string, Promise<readonly RunEvent[]>>();
  /** Servers before 2.11 give one message at a time. */
  #oneByOne = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.#names = options.names;
    this.#streams = options.streams;
  }

  /** The stream is another one. */
  forgetPlaces(): void {
    this.#places.clear();
  }

  read(run: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    const key = `${run} ${after} ${limit}`;
    const reading = this.#reading.get(key) ?? this.#read(run, after, limit).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #read(run: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    const events: RunEvent[] = [];
    let from: number | undefined = await this.#placeOf(run, after);
    while (from !== undefined && events.length < limit) {
      const messages = await this.#fetchTold(run, from);
      for (const message of messages) {
        if (events.length >= limit) break;
        const head = headOf(message.header);
        from = message.seq + 1;
        if (head.last <= after) continue;
        const found = (await this.#eventsOf(run, message, head)).filter(({ seq }) => seq > after);
        const taken = found.slice(0, limit - events.length);
        events.push(...taken);
        this.#remember(run, events.at(-1)?.seq ?? after, taken.length < found.length ? message.seq : from);
      }
      // A message that came alone does not say how many follow it.
      const pending = this.#oneByOne ? messages.length : (messages.at(-1)?.pending ?? 0);
      const more = pending > 0 || this.#options.toldOf(run) >= from;
      if (messages.length === 0 || !more) break;
    }
    return events;
  }

  async #eventsOf(run: string, message: StoredMsg, { object }: ChunkHead): Promise<readonly RunEvent[]> {
    if (object === undefined) return decode(run, message.header, message.data);
    const payload = await this.#streams().objects.getBlob(object);
    // What was deleted by its age is a hole like any other.
    return payload === null ? [] : decode(run, message.header, payload);
  }

  async #placeOf(run: string, after: number): Promise<number | undefined> {
    const known = this.#places.get(`${run} ${after}`);
    if (known !== undefined || after === 0) return known ?? 1;
    const { manager } = this.#streams();
    const last = await lastMessage(manager, this.#names, run);
    if (last === undefined || headOf(last.header).last <= after) return undefined;
    return this.#search(manager, run, after, last.seq);
  }

  /** Numbers of messages grow as events do: a place is found in some twenty looks, however long the run is. */
  async #search(manager: JetStreamManager, run: string, after: number, last: number): Promise<number> {
    let [low, high] = [1, last];
    while (high - low > near) {
      const middle = Math.floor((low + high) / 2);
      const message = await manager.direct.getMessage(this.#names.journal, this.#next(run, middle));
      if (message === null || headOf(message.header).last > after) high = middle;
      else low = message.seq + 1;
    }
    return low;
  }

  #next(run: string, seq: number): { seq: number; next_by_subj: string } {
    return { seq, next_by_subj: this.#names.subject(run) };
  }

  /** Any server may answer. One that has not got yet what was told of is asked again, and at last the one that leads. */
  async #fetchTold(run: string, from: number): Promise<StoredMsg[]> {
    const { clock, toldOf } = this.#options;
    for (const pause of behind) {
      const messages = await this.#fetch(run, from);
      if (messages.length > 0 || toldOf(run) < from) return messages;
      await clock.sleep(pause);
    }
    const message = await messageOf(this.#streams().manager, this.#names.journal, this.#next(run, from));
    return message === undefined ? [] : [message];
  }

  async #fetch(run: string, seq: number): Promise<StoredMsg[]> {
    const { manager } = this.#streams();
    if (!this.#oneByOne) {
      try {
        const limits = { batch: fetched.messages, max_bytes: fetched.bytes };
        const found = await manager.direct.getBatch(this.#names.journal, { ...this.#next(run, seq), ...limits });
        const messages: StoredMsg[] = [];
        for await (const message of found) messages.push(message);
        return messages;
      } catch (error) {
        if ((error as { code?: unknown }).code === 404) return [];
        if (!/require server/.test(String(error))) throw error;
        this.#oneByOne = true;
      }
    }
    const message = await manager.direct.getMessage(this.#names.journal, this.#next(run, seq));
    return message === null ? [] : [message];
  }

  #remember(run: string, after: number, from: number): void {
    const key = `${run} ${after}`;
    this.#places.delete(key);
    this.#places.set(key, from);
    if (this.#places.size > mostPlaces) this.#places.delete(this.#places.keys().next().value ?? key);
  }
}
