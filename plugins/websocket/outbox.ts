import type { ServerFrames } from "../../core/client/index.ts";
import type { JournalEntry } from "../../core/contract/index.ts";
import { frameOf, startTimer, type Timer, type TransportSocket } from "../../core/kit/index.ts";
import { closeCode, protocol } from "./config.ts";
import { LargeTexts } from "./large-texts.ts";

export type OutgoingFrame = ServerFrames[keyof ServerFrames];

/** Answers nobody reads may pile up to this many bytes; then the client is not a client. */
const refuseAbove = 8 * protocol.buffered;

/** Everything that leaves on one socket. */
export class Outbox {
  readonly #socket: TransportSocket;
  readonly #stall: number;
  readonly #waiting = new Set<() => void>();
  #timer: Timer | undefined;
  readonly #large: LargeTexts;
  /** Bytes of the largest text that may still be on its way: so much more may wait, and is no pile of answers. */
  #largest = 0;

  constructor(socket: TransportSocket, stall: number) {
    this.#socket = socket;
    this.#stall = stall;
    this.#large = new LargeTexts({
      send: (frame) => socket.send(frame),
      get buffered() {
        return socket.bufferedAmount;
      },
      onEmpty: () => this.#drained(),
    });
    socket.onDrain(() => {
      this.#large.drained();
      this.#drained();
    });
  }

  /** Bytes that wait to be sent. */
  get buffered(): number {
    return this.#socket.bufferedAmount + this.#large.bytes;
  }

  /** True while followers should wait for {@link whenDrained}. */
  get congested(): boolean {
    if (this.buffered <= protocol.buffered) return false;
    this.#timer ??= this.#watch(this.buffered);
    return true;
  }

  send(frame: OutgoingFrame): void {
    const before = this.buffered;
    this.sendText(JSON.stringify(frame));
    // Whoever asked for something large gets it: what counts is what waited before it.
    if (before > refuseAbove + this.#largest) this.#close();
    this.#noteSize(before);
  }

  /** Sends an event. A large one goes as it is kept, in pieces where it does not fit into a frame. */
  sendEvent(entry: JournalEntry): void {
    const frame = frameOf(entry);
    const before = this.buffered;
    if (frame === undefined) this.sendText(`{"t":"event","event":${entry.json}}`);
    else if (frame.length <= protocol.frame) this.#send(frame);
    else this.#large.send(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
    this.#noteSize(before);
  }

  /** Sends a frame that is JSON already; one that is too large goes in pieces. */
  sendText(text: string): void {
    if (text.length * 3 <= protocol.frame || Buffer.byteLength(text) <= protocol.frame) this.#send(text);
    else this.#large.send(Buffer.from(text));
  }

  /** Sends at once what waits in pieces, before the socket is closed. */
  finish(): void {
    this.#large.finish();
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

  #noteSize(before: number): void {
    const size = this.buffered - before;
    this.#largest = before === 0 ? size : Math.max(this.#largest, size);
  }

  #send(frame: string | Uint8Array): void {
    if (this.#large.busy) this.#large.append(frame);
    else this.#socket.send(frame);
  }

  /** Whoever reads slowly is not stalled: each look wants to see less than the one before. */
  #watch(before: number): Timer {
    return startTimer(() => {
      const now = this.buffered;
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
