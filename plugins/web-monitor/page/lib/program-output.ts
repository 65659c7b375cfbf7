import {
  type OutputData,
  outputText,
  type ProgramRecord,
  type ShownValue,
} from "../../../../core/kit/transcript/index.ts";
import { AnsiReader } from "./ansi.ts";

/** Characters kept of the beginning, and of the end. The journal has all of it. */
const mostHead = 2_000_000;
const mostTail = 500_000;
/** Values kept of one program, the newest; the others are counted. */
const mostValues = 200;

type Stream = "stdout" | "stderr";

interface Piece {
  readonly stream: Stream;
  readonly text: string;
}

/**
 * What one program printed: its beginning and its end, and how much is left out between them. The end is where the error
 * stands, so that a flood never pushes it out.
 */
export class ProgramOutput implements ProgramRecord {
  /** What it showed, in order; one that was updated in its place. */
  readonly values: { readonly key: number; value: ShownValue }[] = [];
  /** How many values were shown before those that are kept. */
  valuesLeft = 0;
  readonly head = new AnsiReader();
  /** Characters of the head. */
  headSize = 0;
  /** Characters seen, and those of them that are neither in the head nor in the tail. */
  size = 0;
  left = 0;
  #pieces: Piece[] = [];
  #held = 0;
  #tail: AnsiReader | undefined;

  /** The end, where the head could not take everything. */
  get tail(): AnsiReader | undefined {
    if (this.#pieces.length === 0) return undefined;
    if (this.#tail === undefined) {
      this.#tail = new AnsiReader();
      for (const { stream, text } of this.#pieces) this.#tail.write(text, stream);
    }
    return this.#tail;
  }

  /** Whether it shows something that may be updated. */
  get hasNamed(): boolean {
    return this.values.some(({ value }) => value.displayId !== undefined);
  }

  /** Lines that can be drawn. */
  get lines(): number {
    return this.head.count + (this.tail?.count ?? 0);
  }

  write(stream: Stream, data: OutputData): void {
    this.#write(outputText(data), stream);
  }

  show(value: ShownValue): void {
    this.values.push({ key: this.valuesLeft + this.values.length, value });
    if (this.values.length <= mostValues) return;
    this.values.shift();
    this.valuesLeft += 1;
  }

  update(value: ShownValue): boolean {
    const same = this.values.filter((each) => each.value.displayId === value.displayId);
    for (const each of same) each.value = value;
    return same.length > 0;
  }

  #write(text: string, stream: Stream): void {
    const room = Math.max(0, mostHead - this.size);
    this.size += text.length;
    if (text.length <= room) {
      this.#writeHead(text, stream);
      return;
    }
    // The head ends with a whole line where there is one.
    const cut = text.lastIndexOf("\n", room - 1) + 1 || room;
    if (room > 0) this.#writeHead(text.slice(0, cut), stream);
    this.#keep(room > 0 ? text.slice(cut) : text, stream);
  }

  #writeHead(text: string, stream: Stream): void {
    this.headSize += text.length;
    this.head.write(text, stream);
  }

  #keep(text: string, stream: Stream): void {
    const piece = text.length > mostTail ? text.slice(-mostTail) : text;
    this.left += text.length - piece.length;
    this.#pieces.push({ stream, text: piece });
    this.#held += piece.length;
    while (this.#held > mostTail) {
      const first = this.#pieces.shift();
      if (first === undefined) break;
      this.#held -= first.text.length;
      this.left += first.text.length;
    }
    this.#tail = undefined;
  }
}
