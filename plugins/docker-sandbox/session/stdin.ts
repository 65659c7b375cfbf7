import type { Channel } from "../container/channel.ts";
import { ToSandbox } from "../protocol/frames.ts";

/** Bytes that may be under way to the program; the same number stands in `image/opt/supervisor/scripts.py`. */
const WINDOW = 256 * 1024;
const PIECE = 64 * 1024;
const END = new Uint8Array(0);

/** Sends a program its standard input, as fast as the program takes it and no faster. */
export class StdinPump {
  readonly #channel: Channel;
  readonly #id: number;
  readonly #source: AsyncIterator<Uint8Array>;
  #room = WINDOW;
  #more: (() => void) | undefined;
  #stopped = false;

  constructor(channel: Channel, id: number, source: AsyncIterable<Uint8Array>) {
    this.#channel = channel;
    this.#id = id;
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Resolves when everything was sent or nobody wants more of it; rejects when the source fails. */
  async run(): Promise<void> {
    for (;;) {
      const next = await this.#source.next();
      if (this.#stopped) return;
      if (next.done) break;
      await this.#sendAll(next.value);
    }
    await this.#channel.sendData(this.#id, END, ToSandbox.stdin);
  }

  /** The program has taken so many bytes more. */
  taken(payload: Buffer): void {
    if (payload.length < 8 || payload.readUInt32BE(0) !== this.#id) return;
    this.#room = Math.min(WINDOW, this.#room + payload.readUInt32BE(4));
    this.#more?.();
  }

  /** Nobody reads any more. A source that waits is left alone with it. */
  stop(): void {
    this.#stopped = true;
    this.#more?.();
    this.#source.return?.().catch(() => undefined);
  }

  async #sendAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#stopped; ) {
      if (this.#room === 0) {
        await new Promise<void>((resolve) => {
          this.#more = resolve;
        });
        continue;
      }
      const size = Math.min(PIECE, this.#room, bytes.length - at);
      this.#room -= size;
      await this.#channel.sendData(this.#id, bytes.subarray(at, at + size), ToSandbox.stdin);
      at += size;
    }
  }
}

/** The lines of a standard input, for a cell that asks: a cell has no standard input of its own. */
export class StdinLines {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  #over = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Null at the end. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0 || (this.#over && this.#text !== "")) {
        const line = end < 0 ? this.#text : this.#text.slice(0, end);
        this.#text = end < 0 ? "" : this.#text.slice(end + 1);
        return line.endsWith("\r") ? line.slice(0, -1) : line;
      }
      if (this.#over) return null;
      const { done, value } = await this.#source.next();
      this.#over = done === true;
      this.#text += done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true });
    }
  }

  stop(): void {
    this.#source.return?.().catch(() => undefined);
  }
}
