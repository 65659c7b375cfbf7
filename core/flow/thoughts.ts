/** What models call their thoughts in angle brackets, in any case; Mistral and Moonshot have brackets of their own. */
const names = ["think", "thinking", "thought", "thoughts", "reasoning", "seed:think"];
/** The source of a pattern for every closing tag. */
export const closingTags = `(?:(?i:</(?:${names.join("|")})\\s*>)|\\[/THINK\\]|◁/think▷)`;
const tag = new RegExp(`(?i:<(/?)(?:${names.join("|")})\\s*>)|\\[(/?)THINK\\]|◁(/?)think▷`);
/** What a text may end with that becomes such a tag. */
const partOfTag = new RegExp(
  `(?:(?i:</?(?:${beginnings(...names)})?\\s{0,8})|\\[/?(?:${beginnings("THINK")})?|◁/?(?:${beginnings("think")})?)$`,
);
const word = /thought|reasoning/i;
/** A tag that follows one of these is quoted, and so is one in a span of code. */
const quoting = /["'`([{\\=]$/;

/** Where the text goes. */
export interface Listener {
  said(text: string): void;
  thought(text: string): void;
  /** Whether the text so far ends inside a block of code or a call. There every tag is plain text. */
  inBlock(): boolean;
  /** A closing tag without an opening one: all that was said before it was thought. */
  orphan(): void;
}

/**
 * Tells thoughts that a model writes into its text from what it says: `<think>`, `[THINK]` and the like to the next
 * closing tag, or to the end. A tag is left alone in a block or a span of code, and right after a quotation mark. See
 * docs/decisions/0069.
 */
export class Thoughts {
  readonly #listener: Listener;
  #held = "";
  #inside = false;
  /** The present line, as far as it was said. */
  #line = "";
  /** Opening tags that were left alone, and wait for closing tags that are left alone too. */
  #leftAlone = 0;
  /** Blank text before the first word of a thought, and after a thought, is left out. */
  #blank = false;
  /** Whether what was left out held a line break. */
  #broken = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  write(piece: string): void {
    let text = this.#held + piece;
    this.#held = "";
    for (let found = tag.exec(text); found; found = tag.exec(text)) {
      const closing = found.slice(1).includes("/");
      const before = text.slice(0, found.index);
      this.#pass(before);
      text = text.slice(found.index + found[0].length);
      if (this.#inside ? !closing : this.#isWord(found[0], closing) || this.#isQuoted(closing)) this.#pass(found[0]);
      else this.#turn(closing);
    }
    const at = partOfTag.exec(text)?.index ?? text.length;
    this.#held = text.slice(at);
    this.#pass(text.slice(0, at));
  }

  end(): void {
    const rest = this.#held;
    this.#held = "";
    this.#pass(rest);
  }

  #turn(closing: boolean): void {
    if (closing && !this.#inside) this.#listener.orphan();
    this.#inside = !closing;
    this.#blank = true;
    this.#broken = false;
  }

  #pass(text: string): void {
    const passed = this.#blank ? this.#withoutBlank(text) : text;
    if (passed === "") return;
    this.#blank = false;
    if (this.#inside) this.#listener.thought(passed);
    else {
      const line = this.#line + passed;
      this.#line = line.slice(line.lastIndexOf("\n") + 1).slice(-1_000);
      this.#listener.said(passed);
    }
  }

  /** A thought in the middle of an answer leaves its line break, so that what follows begins its own line. */
  #withoutBlank(text: string): string {
    const rest = text.trimStart();
    this.#broken ||= text.slice(0, text.length - rest.length).includes("\n");
    const breaks = rest !== "" && this.#broken && !this.#inside && this.#line.trim() !== "";
    return breaks ? `\n${rest}` : rest;
  }

  /**
   * Some names are also used for parts of answers. They count where they begin a line, and close only what they opened.
   */
  #isWord(found: string, closing: boolean): boolean {
    return word.test(found) && (closing || this.#line.trim() !== "");
  }

  #isQuoted(closing: boolean): boolean {
    if (this.#listener.inBlock()) return true;
    if (closing && this.#leftAlone > 0) {
      this.#leftAlone -= 1;
      return true;
    }
    const quoted = quoting.test(this.#line) || this.#line.split("`").length % 2 === 0;
    if (quoted && !closing) this.#leftAlone += 1;
    return quoted;
  }
}

/** Every beginning of the words, for a pattern; the words themselves are among them. */
function beginnings(...words: readonly string[]): string {
  return words.flatMap((word) => [...word].map((_, index) => word.slice(0, word.length - index))).join("|");
}
