import { jsonOf } from "./json.ts";

/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
  /** What the data says as JSON; undefined where it is none. */
  readonly value: unknown;
}

/** The data by which OpenAI, and who follows it, says that nothing follows. */
export const doneMark = "[DONE]";

/**
 * Reads server-sent events out of text that comes in pieces. A line of data that is a whole object is given out at
 * once. Some servers leave out the empty lines.
 */
export class EventSplitter {
  #line = "";
  #name = "";
  #data: string[] = [];
  /** A carriage return ended the last piece; a line feed that follows belongs to it. */
  #returned = false;
  /** Lines that are none of the format. */
  junk = "";

  write(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const text = this.#returned && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.#returned = piece.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = this.#line + (lines[0] ?? "");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#take(line, events);
    return events;
  }

  /** What is left when the stream has ended; data that is no whole value stays unread. */
  end(): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (this.#line !== "") this.#take(this.#line, events);
    this.#line = "";
    this.#dispatch(events);
    return events.filter(({ data, value }) => value !== undefined || data.trim() === doneMark);
  }

  /** Characters that wait for the rest of their event. */
  get pending(): number {
    return this.#data.reduce((sum, line) => sum + line.length, this.#line.length);
  }

  #take(line: string, events: ServerEvent[]): void {
    if (line === "") this.#dispatch(events);
    else if (line.startsWith(":")) return;
    else if (line.startsWith("data:")) {
      const data = line.slice(line[5] === " " ? 6 : 5);
      const first = this.#data.length === 0;
      const value = first && data.trimEnd().endsWith("}") ? jsonOf(data) : undefined;
      if (value === undefined && !(first && data.trim() === doneMark)) this.#data.push(data);
      else events.push({ name: this.#name, data, value });
    } else if (line.startsWith("event:")) this.#name = line.slice(6).trim();
    else if (!/^(id|retry|data|event)(:|$)/.test(line) && this.junk.length < 2_000) this.junk += `${line}\n`;
  }

  #dispatch(events: ServerEvent[]): void {
    const data = this.#data.join("\n");
    if (data.trim() !== "") events.push({ name: this.#name, data, value: jsonOf(data) });
    this.#data = [];
    this.#name = "";
  }
}
