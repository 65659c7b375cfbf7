import type { Emission, RunEvent } from "../contract/event.ts";

/**
 * An emission with its place in a run's journal. It keeps its own JSON, so that the store, every follower and every
 * sink share one string, made the first time somebody asks.
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

  constructor(run: string, seq: number, time: string, emission: Emission) {
    this.run = run;
    this.seq = seq;
    this.time = time;
    this.source = emission.source;
    if (emission.branch !== undefined) (this as { branch?: string }).branch = emission.branch;
    this.type = emission.type;
    this.data = emission.data;
  }

  /** `json` must be what `json` gave for the same event. */
  static parse(json: string): RunEvent {
    const { run, seq, time, ...emission } = JSON.parse(json) as RunEvent;
    const event = new StampedEvent(run, seq, time, emission as Emission);
    event.#json = json;
    return event as RunEvent;
  }

  static json(event: RunEvent): string {
    if (!(#json in event)) return JSON.stringify(event);
    event.#json ??= JSON.stringify(event);
    return event.#json;
  }
}

export function stamp(run: string, seq: number, time: string, emission: Emission): RunEvent {
  return new StampedEvent(run, seq, time, emission) as RunEvent;
}

/** The event as JSON; made once for events that come from a journal, however many ask. */
export function eventJson(event: RunEvent): string {
  return StampedEvent.json(event);
}

/** The event of a JSON that `eventJson` gave, for stores. It keeps that text. */
export function parseEvent(json: string): RunEvent {
  return StampedEvent.parse(json);
}
