import { SluiceError } from "../contract/errors.ts";
import type { EventFeed } from "./event-feed.ts";
import type { ClientFrame } from "./frames.ts";
import { base64Of, type ClientInput } from "./uploads.ts";

/** Bytes that may go beyond what the host said is taken; the same number stands in the host. */
const WINDOW = 256 * 1024;
const PIECE = 48 * 1024;
/** Text that is longer than this goes as a stream. */
const longText = 64 * 1024;

/** The standard inputs that a client sends, by run. */
export class Stdins {
  readonly #senders = new Map<string, StdinSender>();
  readonly #send: (frame: ClientFrame) => void;

  constructor(send: (frame: ClientFrame) => void) {
    this.#send = send;
  }

  /** Begins to send what the input has to send. A source that fails must not look like one that has ended. */
  begin(run: string, input: ClientInput, feed: EventFeed, cancel: () => Promise<void>): void {
    const source = stdinOf(input);
    if (source === undefined || feed.over) return;
    const sender = new StdinSender(run, source, this.#send);
    this.#senders.set(run, sender);
    sender.run().catch(async (error: unknown) => {
      feed.fail(SluiceError.from(error));
      this.end(run);
      await cancel().catch(() => undefined);
    });
  }

  taken(run: string, bytes: number): void {
    this.#senders.get(run)?.taken(bytes);
  }

  /** There is another connection. */
  resend(): void {
    for (const sender of this.#senders.values()) sender.resend();
  }

  end(run: string): void {
    this.#senders.get(run)?.stop();
    this.#senders.delete(run);
  }

  endAll(): void {
    for (const run of [...this.#senders.keys()]) this.end(run);
  }
}

/** The input as the frame has it: what is a stream follows. */
export function wireInput(input: ClientInput): object {
  if (typeof input === "string") return { text: input };
  return stdinOf(input) === undefined ? input : { ...input, stdin: true };
}

function stdinOf(input: ClientInput): AsyncIterable<Uint8Array> | undefined {
  if (typeof input === "string" || !("code" in input) || input.stdin === undefined) return undefined;
  if (typeof input.stdin !== "string") return input.stdin;
  return input.stdin.length > longText ? once(new TextEncoder().encode(input.stdin)) : undefined;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/**
 * Sends one run its standard input. What the host has not taken is kept, at most a window, and sent again on the next
 * connection: the host passes over what it has.
 */
class StdinSender {
  readonly #run: string;
  readonly #send: (frame: ClientFrame) => void;
  readonly #source: AsyncIterator<Uint8Array>;
  #kept: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #sent = 0;
  #taken = 0;
  #ended = false;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(run: string, source: AsyncIterable<Uint8Array>, send: (frame: ClientFrame) => void) {
    this.#run = run;
    this.#source = source[Symbol.asyncIterator]();
    this.#send = send;
  }

  /** Resolves when everything was sent, or nobody wants more; rejects when the source fails. */
  async run(): Promise<void> {
    for (;;) {
      const next = await this.#source.next();
      if (this.#stopped) return;
      if (next.done) break;
      for (let at = 0; at < next.value.length && !this.#stopped; ) at += await this.#piece(next.value, at);
    }
    this.#ended = true;
    this.#put(this.#sent, new Uint8Array(0));
  }

  /** So many bytes from the beginning have gone to the program. */
  taken(bytes: number): void {
    this.#taken = Math.max(this.#taken, bytes);
    this.#kept = this.#kept.filter(({ offset, bytes: { length } }) => offset + length > this.#taken);
    this.#wake?.();
  }

  /** What is kept goes again, and so the host tells what it has taken. */
  resend(): void {
    for (const { offset, bytes } of this.#kept) this.#put(offset, bytes);
    if (this.#kept.length === 0) this.#put(this.#sent, new Uint8Array(0));
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
    this.#source.return?.().catch(() => undefined);
  }

  /** Sends a piece when there is room for it, and returns its length. */
  async #piece(from: Uint8Array, at: number): Promise<number> {
    const room = () => WINDOW - (this.#sent - this.#taken);
    while (room() <= 0 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const bytes = from.slice(at, at + Math.min(PIECE, Math.max(0, room())));
    this.#kept.push({ offset: this.#sent, bytes });
    this.#sent += bytes.length;
    this.#put(this.#sent - bytes.length, bytes);
    return bytes.length;
  }

  #put(offset: number, bytes: Uint8Array): void {
    const end = this.#ended && offset + bytes.length === this.#sent ? { end: true } : {};
    this.#send({ t: "stdin", run: this.#run, offset, base64: base64Of(bytes), ...end });
  }
}
