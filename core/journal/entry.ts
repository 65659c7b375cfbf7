import type { RunEvent } from "../contract/event.ts";
import type { JournalEntry } from "../contract/transport.ts";
import { eventJson } from "./stamped-event.ts";

/** What an event costs beside the characters in its data: its object, its JSON's envelope, its place in a ring. */
const overhead = 512;

/** A journal's entry with the bytes it is taken to occupy. */
export class Entry implements JournalEntry {
  readonly event: RunEvent;
  readonly size: number;

  constructor(event: RunEvent) {
    this.event = event;
    // The data and its JSON, one byte a character in each: what V8 takes for Latin text.
    this.size = overhead + 2 * charactersIn(event.data);
  }

  get json(): string {
    return eventJson(this.event);
  }
}

function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let total = 0;
  for (const key in value) total += key.length + charactersIn((value as Record<string, unknown>)[key]);
  return total;
}
