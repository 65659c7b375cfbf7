import type { ServerFrames } from "../../core/client/index.ts";
import { protocol } from "./config.ts";
import { sending } from "./sending.ts";

/** Bytes of one piece. A JSON text has no control characters, so each takes two at most within its frame. */
const pieceBytes = 256 * 1024;

/** What waits to be sent: a frame, or the bytes of a text that goes in pieces. */
type QueuedSend = { readonly frame: string | Uint8Array } | { readonly whole: Buffer };

export interface LargeTextsPort {
  send(frame: string | Uint8Array): void;
  /** Bytes that wait on the socket itself. */
  readonly buffered: number;
  /** Nothing waits here any more. */
  onEmpty(): void;
}

/**
 * Sends texts that are too large for a frame in pieces, one in each turn of the event loop. So others have their turns.
 * Whatever is sent meanwhile waits behind them: the order stays as it was asked for.
 */
export class LargeTexts {
  readonly #port: LargeTextsPort;
  #waiting: QueuedSend[] = [];
  #bytes = 0;
  #parts = 0;
  /** The pieces under way, with what is left of them. */
  #under: { readonly frames: Iterator<string>; left: number } | undefined;
  #scheduled = false;

  constructor(port: LargeTextsPort) {
    this.#port = port;
  }

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#bytes + (this.#under?.left ?? 0);
  }

  /** Whether what is sent now has to wait. */
  get busy(): boolean {
    return this.#under !== undefined || this.#waiting.length > 0;
  }

  /** Begins a text at once where nothing waits before it. */
  send(whole: Buffer): void {
    this.#waiting.push({ whole });
    this.#bytes += whole.length;
    if (this.#waiting.length === 1 && this.#under === undefined) this.#next();
  }

  /** A frame that was sent while something waits. */
  append(frame: string | Uint8Array): void {
    this.#waiting.push({ frame });
    this.#bytes += frame.length;
  }

  /** The socket has room again. */
  drained(): void {
    if (this.busy) this.#schedule();
  }

  /** Sends all that waits, now: the socket is about to be closed. */
  finish(): void {
    while (this.busy) this.#step();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    sending.wait(() => {
      this.#scheduled = false;
      if (this.busy) this.#next();
    });
  }

  #next(): void {
    this.#step();
    if (!this.busy) this.#port.onEmpty();
    else if (this.#port.buffered <= protocol.buffered) this.#schedule();
  }

  /** One piece, or the frames up to the next text that goes in pieces. */
  #step(): void {
    const piece = this.#under?.frames.next();
    if (this.#under !== undefined && piece?.done === false) {
      this.#under.left = Math.max(0, this.#under.left - pieceBytes);
      this.#port.send(piece.value);
      if (this.#under.left > 0) return;
    }
    this.#under = undefined;
    const end = this.#waiting.findIndex((each) => "whole" in each);
    for (const each of this.#waiting.splice(0, end < 0 ? this.#waiting.length : end)) {
      if (!("frame" in each)) continue;
      this.#bytes -= each.frame.length;
      this.#port.send(each.frame);
    }
    const next = this.#waiting.shift();
    if (next === undefined || !("whole" in next)) return;
    this.#bytes -= next.whole.length;
    this.#parts += 1;
    this.#under = { frames: framesOf(next.whole, this.#parts), left: next.whole.length };
  }
}

/** The frames of a text's pieces, each made when it is asked for. */
function* framesOf(whole: Buffer, part: number): Generator<string, undefined> {
  const ends: number[] = [];
  for (let end = 0; end < whole.length; ) {
    end = Math.min(end + pieceBytes, whole.length);
    // No UTF-8 sequence is cut in two.
    while (end < whole.length && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    ends.push(end);
  }
  for (const [index, end] of ends.entries()) {
    const text = whole.toString("utf8", ends[index - 1] ?? 0, end);
    const frame: ServerFrames["part"] = { t: "part", part, index, count: ends.length, text };
    yield JSON.stringify(frame);
  }
  return undefined;
}
