import { Transform, Writable } from "node:stream";
import { isDumb } from "../output/style.ts";

/** What a terminal sends around pasted text, once it is asked to: "bracketed paste" of xterm's control sequences. */
const paste = { on: "\u001b[?2004h", off: "\u001b[?2004l", begin: "\u001b[200~", end: "\u001b[201~" } as const;

/** Stands for a line feed in a line that is being edited. */
const feed = "\u2424";

/** Milliseconds that the rest of a mark may take; xterm sends it at once. */
const patience = 50;

/** The text of an edited line, with its pasted line feeds. */
export function withFeeds(line: string): string {
  return line.replaceAll(feed, "\n");
}

/** The text as one line that can be edited, as the history shows it. */
export function asOneLine(text: string): string {
  return text.replaceAll("\n", feed);
}

/**
 * The terminal's input with pasted lines as one: between the two marks a line end is no Enter. A mark may come in two
 * pieces: what may be the beginning of one is held for a moment.
 */
export class PastedInput extends Transform {
  readonly isTTY = true;
  readonly #stdin: NodeJS.ReadStream;
  #pasting = false;
  #held = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(stdin: NodeJS.ReadStream) {
    super({ decodeStrings: false, encoding: "utf8" });
    this.#stdin = stdin;
    stdin.setEncoding("utf8");
    stdin.pipe(this);
  }

  /** What readline asks of a terminal. */
  get isRaw(): boolean {
    return this.#stdin.isRaw;
  }

  setRawMode(raw: boolean): this {
    this.#stdin.setRawMode(raw);
    return this;
  }

  override _transform(chunk: string, _encoding: string, done: () => void): void {
    clearTimeout(this.#timer);
    let text = this.#held + chunk;
    this.#held = "";
    while (text !== "") {
      const mark = this.#pasting ? paste.end : paste.begin;
      const at = text.indexOf(mark);
      const known = at < 0 ? text.length - heldOf(text, mark) : at;
      this.#give(text.slice(0, known));
      if (at < 0) {
        this.#held = text.slice(known);
        // A key such as Escape begins as the mark does: nothing comes after it.
        if (this.#held !== "") this.#timer = setTimeout(() => this.#let(), patience);
        break;
      }
      this.#pasting = !this.#pasting;
      text = text.slice(at + mark.length);
    }
    done();
  }

  override _flush(done: () => void): void {
    this.#let();
    done();
  }

  #let(): void {
    clearTimeout(this.#timer);
    this.#give(this.#held);
    this.#held = "";
  }

  #give(text: string): void {
    if (text === "") return;
    this.push(this.#pasting ? asOneLine(pasted(text)) : text);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#stdin.unpipe(this);
    this.#stdin.pause();
  }
}

/** A tab would ask for completion, and other control characters would be keys. */
function pasted(text: string): string {
  const feeds = text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ");
  return feeds.replace(/(?!\n)\p{Cc}/gu, "");
}

/** Characters at the end that may be the beginning of the mark. */
function heldOf(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}

/** The terminal's output, which shows nothing of what is typed while a secret is asked for. */
export class QuietOutput extends Writable {
  readonly isTTY = true;
  quiet = false;
  readonly #stdout: NodeJS.WriteStream;

  constructor(stdout: NodeJS.WriteStream) {
    super({ decodeStrings: false });
    this.#stdout = stdout;
    stdout.on("resize", this.#resized);
    if (!isDumb()) stdout.write(paste.on);
  }

  get columns(): number {
    return this.#stdout.columns;
  }

  get rows(): number {
    return this.#stdout.rows;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    if (!this.quiet) this.#stdout.write(chunk);
    done();
  }

  readonly #resized = (): void => void this.emit("resize");

  release(): void {
    this.#stdout.off("resize", this.#resized);
    if (!isDumb()) this.#stdout.write(paste.off);
  }
}
