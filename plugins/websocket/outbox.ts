import type { ServerFrames } from "../../core/client/index.ts";
import type { JournalEntry } from "../../core/contract/index.ts";
import { frameOf, startTimer, type Timer, type TransportSocket } from "../../core/kit/index.ts";
import { closeCode, protocol } from "./config.ts";

export type OutgoingFrame = ServerFrames[keyof ServerFrames];

/** Characters of one piece: as JSON they take at most three bytes each. */
const pieceLength = 256 * 1024;
/** Answers nobody reads may pile up to this many bytes; then the client is not a client. */
const refuseAbove = 8 * protocol.buffered;

/** Everything that leaves on one socket. */
export class Outbox {
  readonly #socket: TransportSocket;
  readonly #stall: number;
  readonly #waiting = new Set<() => void>();
  #timer: Timer | undefined;
  #parts = 0;
  /** Bytes of the last event: so much more may wait, and is no pile of answers. */
  #event = 0;

  constructor(socket: TransportSocket, stall: number) {
    this.#socket = socket;
    this.#stall = stall;
    socket.onDrain(() => this.#drained());
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  /** True while followers should wait for {@link whenDrained}. */
  get congested(): boolean {
    if (this.#socket.bufferedAmount <= protocol.buffered) return false;
    this.#timer ??= this.#watch(this.#socket.bufferedAmount);
    return true;
  }

  send(frame: OutgoingFrame): void {
    this.sendText(JSON.stringify(frame));
    if (this.#socket.bufferedAmount > refuseAbove + this.#event) this.#close();
  }

  /** Sends an event. A large one that fits into a frame goes as it is kept. */
  sendEvent(entry: JournalEntry): void {
    const frame = frameOf(entry);
    const before = this.#socket.bufferedAmount;
    if (frame !== undefined && frame.length <= protocol.frame) this.#socket.send(frame);
    else this.sendText(`{"t":"event","event":${entry.json}}`);
    this.#event = Math.max(0, this.#socket.bufferedAmount - before);
  }

  /** Sends a frame that is JSON already; one that is too large goes in pieces. */
  sendText(text: string): void {
    if (text.length * 3 <= protocol.frame || Buffer.byteLength(text) <= protocol.frame) this.#socket.send(text);
    else this.#sendParts(text);
  }

  /** Calls back once when the socket has drained; returns what forgets the wish. */
  whenDrained(listener: () => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  dispose(): void {
    this.#timer?.stop();
    this.#waiting.clear();
  }

  #sendParts(text: string): void {
    this.#parts += 1;
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      let end = Math.min(at + pieceLength, text.length);
      // A pair of surrogates stays together: half of it is no text.
      if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1;
      pieces.push(text.slice(at, end));
      at = end;
    }
    for (const [index, piece] of pieces.entries()) {
      const part: OutgoingFrame = { t: "part", part: this.#parts, index, count: pieces.length, text: piece };
      this.#socket.send(JSON.stringify(part));
    }
  }

  /** Whoever reads slowly is not stalled: each look wants to see less than the one before. */
  #watch(before: number): Timer {
    return startTimer(() => {
      const now = this.#socket.bufferedAmount;
      if (now < before) this.#timer = this.#watch(now);
      else this.#close();
    }, this.#stall);
  }

  #drained(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener();
  }

  #close(): void {
    this.#socket.close(closeCode.stalled, "nothing was read in time; connect again and follow on");
  }
}
