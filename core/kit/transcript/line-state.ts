/** Sequences that a terminal obeys and does not show: CSI, OSC and the like to their ends, and single functions. */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/g;
/** One that has begun and may go on in the next piece. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const unfinished = /\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|[ -/]*)?$/;
/** A sequence longer than this is none. */
const longest = 4_096;

/** Whether the line that a text ends in has anything on it. Escape sequences and returns of the carriage show nothing. */
export class LineState {
  open = false;
  /** Whether a sequence was seen, so that a terminal may be in a state of the text's own. */
  styled = false;
  #held = "";

  write(chunk: string | Uint8Array): void {
    const text = this.#held + (typeof chunk === "string" ? chunk : latin1(chunk));
    const feed = text.lastIndexOf("\n");
    const line = feed < 0 ? text : text.slice(feed + 1);
    this.styled ||= text.includes("\u001b");
    const held = unfinished.exec(line)?.[0] ?? "";
    this.#held = held.length > longest ? "" : held;
    const shown = (this.#held === "" ? line : line.slice(0, -this.#held.length)).replace(sequences, "");
    const isShown = /[^\r]/.test(shown);
    this.open = isShown || (feed < 0 && this.open);
  }

  /** A line begins, by whatever means. */
  begin(): void {
    this.open = false;
    this.#held = "";
  }
}

/** Bytes are looked at one by one: what is not ASCII is shown somehow. */
function latin1(bytes: Uint8Array): string {
  const from = bytes.lastIndexOf(10);
  const end = bytes.subarray(Math.max(0, from, bytes.length - longest));
  let text = from >= 0 && from < bytes.length - longest ? "\n" : "";
  for (const byte of end) text += String.fromCharCode(byte);
  return text;
}
