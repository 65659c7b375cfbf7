/**
 * The beginning of a text, at most `most` UTF-16 units long. A pair of surrogates is kept or dropped as a whole: half of
 * one is no character, and encoders replace it or refuse the text.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.max(0, Math.floor(most));
  return text.slice(0, isPairAt(text, end) ? end - 1 : end);
}

/** The end of a text, at most `most` UTF-16 units long, cut as `cutText` cuts. */
export function cutTextStart(text: string, most: number): string {
  if (text.length <= most) return text;
  const start = text.length - Math.max(0, Math.floor(most));
  return text.slice(isPairAt(text, start) ? start + 1 : start);
}

/** The end of two texts that follow each other; the second may be long, and is not copied. */
export function cutTextsStart(before: string, text: string, most: number): string {
  return cutTextStart(before + cutTextStart(text, most), most);
}

/** Whether a cut there would halve a pair of surrogates. */
function isPairAt(text: string, at: number): boolean {
  return at > 0 && at < text.length && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/**
 * Joins pairs of surrogates that a stream brings in two pieces. It replaces halves that stay alone by U+FFFD. So any
 * encoder takes every piece it gives out.
 */
export class WellFormedText {
  #held = "";

  write(piece: string): string {
    const text = this.#held + piece;
    const halved = text !== "" && isHigh(text.charCodeAt(text.length - 1));
    this.#held = halved ? text.slice(-1) : "";
    return (halved ? text.slice(0, -1) : text).toWellFormed();
  }

  /** No more comes. */
  end(): string {
    const rest = this.#held.toWellFormed();
    this.#held = "";
    return rest;
  }
}
