import { randomUUID } from "node:crypto";
import type { Emission, RunEvent } from "../../contract/event.ts";
import { knownDataJson } from "../untrusted/known-json.ts";
import { eventBounds, parseJsonObject } from "../untrusted/parse-json.ts";
import { takeDataJson } from "./data-json.ts";
import { jsonOfText } from "./json-text.ts";
import { Slab } from "./slab.ts";

/** Characters of a text from where its event's JSON is kept as bytes: a long string outlives many collections of garbage, and costs each. */
const large = 4096;
/** Characters of an event's JSON that are more than its data has in keys and texts, however it is made. */
const certainlyLarge = 16 * large;
const slab = new Slab();
/** The wire's frame of an event, `schema/wire/server/event.json`. */
const before = Buffer.from('{"t":"event","event":');
const after = Buffer.from("}");
/** Stands for the text where an event's JSON is made around it; nobody else's text has it. */
const placeholder = randomUUID();

/**
 * An emission with its place in a run's journal. It keeps its own JSON, made the first time somebody asks. The store,
 * every follower and every sink share it: a string, or bytes where it is large. The bytes stand in their frame of the
 * wire, so that a thousand followers need no thousand copies.
 */
class StampedEvent {
  readonly run: string;
  readonly seq: number;
  readonly time: string;
  readonly source: string;
  declare readonly branch?: string;
  readonly type: Emission["type"];
  readonly data: Emission["data"];
  #json: string | undefined;
  #frame: Buffer | undefined;
  /** Its data as JSON, where that is known before anybody asks for the whole. */
  #dataJson: string | undefined;

  constructor(run: string, seq: number, time: string, emission: Emission) {
    this.run = run;
    this.seq = seq;
    this.time = time;
    this.source = emission.source;
    if (emission.branch !== undefined) (this as { branch?: string }).branch = emission.branch;
    this.type = emission.type;
    this.data = emission.data;
  }

  /** The event of an emission whose data nobody changes any more. */
  static stamp(run: string, seq: number, time: string, emission: Emission): RunEvent {
    const event = new StampedEvent(run, seq, time, emission);
    if (typeof emission.data === "object" && emission.data !== null) event.#dataJson = takeDataJson(emission.data);
    const bytes = knownDataJson(emission.data);
    if (bytes !== undefined) event.#frame = slab.join([before, ...event.#around(bytes), after]);
    return event as RunEvent;
  }

  /**
   * The event with its bytes alone: who asks for its data pays for parsing it, each time. Everything else is at hand, so
   * that passing it on costs nothing.
   */
  static packed(event: RunEvent): RunEvent | undefined {
    const frame = StampedEvent.frame(event);
    if (frame === undefined) return undefined;
    const { run, seq, time, source, branch, type } = event;
    const packed = new StampedEvent(run, seq, time, { source, branch, type, data: undefined } as never);
    packed.#frame = frame;
    Object.defineProperty(packed, "data", { enumerable: true, get: () => dataOf(frame) });
    return packed as RunEvent;
  }

  /** `json` must be what `json` or `bytes` gave for the same event. */
  static parse(json: string | Buffer): RunEvent {
    const { run, seq, time, ...emission } = parseJsonObject(json, {
      from: "the store",
      ...eventBounds,
    }) as unknown as RunEvent;
    const event = new StampedEvent(run, seq, time, emission as Emission);
    if (typeof json === "string") event.#json = json;
    else event.#frame = slab.join([before, json, after]);
    return event as RunEvent;
  }

  static json(event: RunEvent): string {
    if (!(#json in event)) return JSON.stringify(event);
    if (event.#frame !== undefined) return unframed(event.#frame).toString();
    event.#json ??= event.#write().join("");
    return event.#json;
  }

  /** What its data costs, in characters, without a walk through it where its JSON is known. */
  static characters(event: RunEvent): number {
    const known = #json in event ? (event.#dataJson ?? event.#frame) : undefined;
    return known?.length ?? charactersIn(event.data);
  }

  static frame(event: RunEvent): Buffer | undefined {
    const isStamped = #json in event;
    // Asked first: the data of a packed event is parsed for whoever looks at it.
    if (isStamped && event.#frame !== undefined) return event.#frame;
    if (!isStamped) return isLarge(event) ? encode(event) : undefined;
    const json = event.#dataJson;
    if ((json === undefined || json.length < certainlyLarge) && !isLarge(event)) return undefined;
    if (event.#json !== undefined) event.#frame = slab.join([before, event.#json, after]);
    else event.#frame = json === undefined ? encode(event as RunEvent) : slab.join([before, ...event.#write(), after]);
    event.#json = undefined;
    return event.#frame;
  }

  /** Its JSON in parts: one text of long ones is copied as a whole when it is read. */
  #write(): readonly string[] {
    const json = this.#dataJson;
    if (json === undefined) return [JSON.stringify(this)];
    this.#dataJson = undefined;
    return this.#around(json);
  }

  /** Its JSON around that of its data. */
  #around<Json extends string | Uint8Array>(json: Json): readonly (string | Json)[] {
    const { run, seq, time, source, type, branch } = this;
    const head = JSON.stringify({ run, seq, time, source, type }).slice(0, -1);
    return [`${head},"data":`, json, branch === undefined ? "}" : `,"branch":${JSON.stringify(branch)}}`];
  }
}

/** Gives an emission its place in a run and its time. */
export function stamp(run: string, seq: number, time: string, emission: Emission): RunEvent {
  return StampedEvent.stamp(run, seq, time, emission);
}

/** The event as JSON; made once for events that come from a journal, however many ask. */
export function eventJson(event: RunEvent): string {
  return StampedEvent.json(event);
}

/** The event of a JSON that `eventJson` gave, or `eventBytes`, for stores. It keeps what it was made of. */
export function parseEvent(json: string | Buffer): RunEvent {
  return StampedEvent.parse(json);
}

/** The event as JSON in UTF-8, where it is large; made once as `eventJson`'s is. */
export function eventBytes(event: RunEvent): Buffer | undefined {
  const frame = StampedEvent.frame(event);
  return frame === undefined ? undefined : unframed(frame);
}

/** The same within its frame of the wire. */
export function eventFrame(event: RunEvent): Buffer | undefined {
  return StampedEvent.frame(event);
}

/** The same event, kept as its bytes alone; undefined where it is not large. */
export function packedEvent(event: RunEvent): RunEvent | undefined {
  return StampedEvent.packed(event);
}

function dataOf(frame: Buffer): RunEvent["data"] {
  return (parseJsonObject(unframed(frame), { from: "the journal", ...eventBounds }) as unknown as RunEvent).data;
}

/** The event's JSON of its frame. */
export function unframed(frame: Buffer): Buffer {
  return frame.subarray(before.length, frame.length - after.length);
}

function isLarge({ data }: RunEvent): boolean {
  return charactersIn(data) >= large;
}

function encode(event: RunEvent): Buffer {
  const { text } = event.data as { readonly text?: unknown };
  const escaped = typeof text === "string" && text.length >= large / 2 ? jsonOfText(text) : undefined;
  if (escaped === undefined) return slab.join([before, JSON.stringify(event), after]);
  const around = JSON.stringify({ ...event, data: { ...event.data, text: placeholder } });
  const [head = "", tail = ""] = around.split(placeholder);
  return slab.join([before, head, escaped, tail, after]);
}

/** Characters of an event's data: as `charactersIn` counts them, or in its JSON where that is at hand. */
export function charactersOf(event: RunEvent): number {
  return StampedEvent.characters(event);
}

/** Characters in all of a value's strings and keys, and eight for whatever else is in it. */
export function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let total = 0;
  for (const key in value) total += key.length + charactersIn((value as Record<string, unknown>)[key]);
  return total;
}
