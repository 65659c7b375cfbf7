import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { type HostOwner, type RunEvent, SluiceError } from "../../core/contract/index.ts";
import { type RunHead, settle, type WriterStand, writeOn } from "../../core/kit/index.ts";
import { type Chunk, chunksOf, headOf, pointingTo } from "./chunk.ts";
import { isWrongLast } from "./failure.ts";
import type { NatsLink } from "./link.ts";
import { type ClusterNames, messageOf, type Streams } from "./streams.ts";

export interface StreamWritersOptions {
  readonly link: NatsLink;
  readonly names: ClusterNames;
  readonly owner: HostOwner;
  /** Names this store: two in one process are two writers. */
  readonly writer: string;
  readonly streams: () => Streams;
}

/** Where this store stands in writing one run. */
interface Place {
  /** The last event that the stream has, and the number of its message there: what the next one must follow. */
  last: number;
  message: number;
  /** The last event that whoever writes was told is kept. */
  told: number;
  /** Hosts that have executed the run so far, the one that writes included. */
  attempt: number;
  /** An answer was lost: the stream may have more than `last`. */
  doubt: boolean;
}

/** Times that an append finds out anew where it stands, when what it takes for lost arrives late. */
const attempts = 3;
/** Share of what a message may weigh at the servers that our own may: there are headers as well. */
const fillOf = 0.9;

/**
 * Writes runs, each to a subject of its own. A message is taken where it follows the one that was last there, and nowhere
 * else. So a run has one writer: whoever writes after another one has written is refused.
 */
export class StreamWriters {
  readonly #options: StreamWritersOptions;
  readonly #places = new Map<string, Place>();

  constructor(options: StreamWritersOptions) {
    this.#options = options;
  }

  /** Takes the events of one run, in order. @throws SluiceError SLUICE_RUN_TAKEN, SLUICE_STORE_REPLACED, or NATS's own */
  async append(run: string, events: readonly RunEvent[]): Promise<void> {
    const first = events[0]?.seq ?? 1;
    const place = this.#places.get(run) ?? (first === 1 ? newPlace() : await this.#load(run, first));
    if (first <= place.told) {
      throw new SluiceError("SLUICE_STORE_FAILED", `event ${first} of run ${run} is in the store already`);
    }
    this.#places.set(run, place);
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (place.doubt) await this.#findOut(run, place);
        await this.#publishAll(
          run,
          place,
          events.filter(({ seq }) => seq > place.last),
        );
        return;
      } catch (error) {
        place.doubt = true;
        if (!isWrongLast(error) || attempt === attempts) throw error;
      }
    }
  }

  /** Whoever wrote was told that these are kept; an end is the last that is heard of a run. */
  told(batch: readonly RunEvent[]): void {
    for (const { run, seq, type } of batch) {
      const place = this.#places.get(run);
      if (place !== undefined) place.told = seq;
      if (type === "run-end") this.#places.delete(run);
    }
  }

  /** The run is not written here any more. */
  forget(run: string): void {
    this.#places.delete(run);
  }

  async #publishAll(run: string, place: Place, events: readonly RunEvent[]): Promise<void> {
    const { owner, writer } = this.#options;
    for (const { type, data } of events) if (type === "rewind") place.attempt = data.attempt ?? place.attempt;
    for (const chunk of chunksOf(events, { host: owner.host, writer, attempt: place.attempt })) {
      const sent = await this.#fitted(run, chunk);
      place.doubt = true;
      const ack = await this.#options.link.stream.publish(this.#options.names.subject(run), sent.payload, {
        headers: sent.headers,
        expect: { lastSubjectSequence: place.message },
        retries: 0,
      });
      place.message = ack.seq;
      place.last = chunk.head.last;
      place.doubt = false;
    }
  }

  /** What is too large for a message becomes an object, which is there before the message that names it. */
  async #fitted(run: string, chunk: Chunk): Promise<Chunk> {
    const most = (this.#options.link.connection.info?.max_payload ?? 2 ** 20) * fillOf;
    if (chunk.payload.length <= most) return chunk;
    const name = `${run}/${chunk.head.first}`;
    await this.#options.streams().objects.putBlob({ name }, chunk.payload);
    return pointingTo(name, chunk);
  }

  /** What the stream has of a run, where that is ours; else the run is another's. */
  async #findOut(run: string, place: Place): Promise<void> {
    const head = await this.#headOf(run);
    const found = settle(place, head, this.#options.writer);
    if (found === "deleted") this.#places.delete(run);
    Object.assign(place, this.#demand(run, found, head), { doubt: false });
  }

  /** For what is written to a run of somebody else: its end, when its host is gone. */
  async #load(run: string, first: number): Promise<Place> {
    const head = await this.#headOf(run);
    const stand = this.#demand(run, writeOn(head, first - 1), head);
    return { ...stand, told: stand.last, attempt: head?.attempt ?? 1, doubt: false };
  }

  #demand(run: string, found: WriterStand | "taken" | "deleted", head: RunHead | undefined): WriterStand {
    if (typeof found === "object") return { last: found.last, message: found.message };
    throw found === "deleted" || head === undefined ? deleted(run) : taken(run, head.host, head.end);
  }

  async #headOf(run: string): Promise<RunHead | undefined> {
    const message = await this.#lastOf(run);
    return message === undefined ? undefined : { ...headOf(message.header), message: message.seq };
  }

  #lastOf(run: string): Promise<StoredMsg | undefined> {
    return lastMessage(this.#options.streams().manager, this.#options.names, run);
  }
}

/** The last message of a run, as the stream's leader has it. */
export function lastMessage(
  manager: JetStreamManager,
  names: ClusterNames,
  run: string,
): Promise<StoredMsg | undefined> {
  return messageOf(manager, names.journal, { last_by_subj: names.subject(run) });
}

function newPlace(): Place {
  return { last: 0, message: 0, told: 0, attempt: 1, doubt: false };
}

/** It is to be given again from its start. */
function deleted(run: string): SluiceError {
  return new SluiceError("SLUICE_STORE_REPLACED", `the events of run ${run} are not in the stream any more`);
}

function taken(run: string, host: string, ended: boolean): SluiceError {
  const what = ended ? "ended" : "written";
  return new SluiceError("SLUICE_RUN_TAKEN", `run ${run} was ${what} by host ${host}`);
}
