import { Duplex } from "node:stream";
import type { Channel } from "../container/channel.ts";
import { ToSandbox } from "../protocol/frames.ts";

/** Bytes of one direction of one connection that may be under way; the same number stands in `tunnels.py`. */
const WINDOW = 128 * 1024;
const PIECE = 64 * 1024;

/**
 * One connection of a program in the container, as a stream. Each side sends no more than the other has room for. So a
 * connection that nobody reads stops alone: the others and the program's output go on.
 */
export class Tunnel extends Duplex {
  readonly #channel: Channel;
  readonly #id: number;
  readonly #onClosed: () => void;
  readonly #arrived: Buffer[] = [];
  #wanted = false;
  #sourceEnded = false;
  /** Bytes that came and were not allowed again. */
  #outstanding = 0;
  #consumed = 0;
  #credit = WINDOW;
  #onCredit: (() => void) | undefined;
  #wasReset = false;

  constructor(channel: Channel, id: number, onClosed: () => void) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    this.#id = id;
    this.#onClosed = onClosed;
  }

  onData(piece: Buffer): void {
    this.#outstanding += piece.length;
    if (this.#outstanding > WINDOW) {
      this.destroy();
      return;
    }
    this.#arrived.push(piece);
    this.#deliver();
  }

  onEnd(): void {
    this.#sourceEnded = true;
    this.#deliver();
  }

  onCredit(bytes: number): void {
    this.#credit += bytes;
    this.#onCredit?.();
  }

  onReset(): void {
    this.#wasReset = true;
    this.destroy();
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#channel.send(ToSandbox.tunnelEnd, encodeId(this.#id));
    done();
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    const ended = this.#sourceEnded && this.writableFinished;
    if (!ended && !this.#wasReset) this.#channel.send(ToSandbox.tunnelReset, encodeId(this.#id));
    this.#arrived.length = 0;
    this.#onCredit?.();
    this.#onClosed();
    // A connection that broke is no fault of the host's.
    done(null);
  }

  #deliver(): void {
    while (this.#wanted) {
      const piece = this.#arrived.shift();
      if (piece === undefined) break;
      this.#consumed += piece.length;
      // Pushing may ask for more at once.
      this.#wanted = false;
      if (this.push(piece)) this.#wanted = true;
    }
    if (this.#wanted && this.#sourceEnded && !this.destroyed) {
      this.#wanted = false;
      this.push(null);
    }
    if (this.#consumed < WINDOW / 2) return;
    this.#channel.send(ToSandbox.tunnelCredit, encodeId(this.#id, this.#consumed));
    this.#outstanding -= this.#consumed;
    this.#consumed = 0;
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.destroyed; ) {
      if (this.#credit === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#onCredit = resolve;
        await promise;
        this.#onCredit = undefined;
        continue;
      }
      const piece = chunk.subarray(at, at + Math.min(PIECE, this.#credit));
      at += piece.length;
      this.#credit -= piece.length;
      await this.#channel.sendData(this.#id, piece, ToSandbox.tunnelData);
    }
  }
}

function encodeId(id: number, credit?: number): Buffer {
  const payload = Buffer.alloc(credit === undefined ? 4 : 8);
  payload.writeUInt32BE(id, 0);
  if (credit !== undefined) payload.writeUInt32BE(credit, 4);
  return payload;
}
