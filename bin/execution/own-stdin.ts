import { fstatSync } from "node:fs";
import type { ApprovalAnswer, EventOf, RunHandle } from "../../core/contract/index.ts";

/** Bytes of one piece for a program: a chunk of ours may be as long as a file. */
const PIECE = 64 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/** Whether our own stdin says anything: it is a terminal, a pipe, a socket or a file. */
export function stdinSpeaks(): boolean {
  if (process.stdin.isTTY) return true;
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

/** What a line says about code that waits to be approved; without a line nobody approves it. */
export function approvalOf(line: string | null): ApprovalAnswer {
  const said = line?.trim() ?? "";
  if (/^y(es)?$/i.test(said)) return { kind: "approval", approved: true };
  const message = /^(n|no)?$/i.test(said) ? {} : { message: said };
  return { kind: "approval", approved: false, ...message };
}

/**
 * Our own standard input: lines for whoever asks, and bytes for a program that reads, in one order. It is not touched
 * before somebody wants something of it, and read no faster than it is wanted.
 */
export class OwnStdin implements Disposable {
  readonly #stdin: NodeJS.ReadStream;
  #held: Buffer = Buffer.alloc(0);
  #over = false;
  #wake: (() => void) | undefined;
  /** One after the other: an answer takes its line before the next question gets one. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(stdin: NodeJS.ReadStream = process.stdin) {
    this.#stdin = stdin;
  }

  /** Answers with the next line, and with the end of file when there is none. Resolves when the answer was taken. */
  async answer(request: EventOf<"input-request">, handle: RunHandle): Promise<void> {
    const text = await this.line(request.data.secret === true);
    await handle.input({ kind: "stdin", text, question: request.seq }).catch(() => undefined);
  }

  /** A line that is neither yes nor no refuses, and tells the model why. */
  async approve({ seq }: EventOf<"approval-request">, handle: RunHandle): Promise<void> {
    // What was read is answered: somebody else may have done so, and the run ask another thing meanwhile.
    await handle.input({ ...approvalOf(await this.line()), question: seq }).catch(() => undefined);
  }

  /** The next line; null at the end. */
  line(secret = false): Promise<string | null> {
    const line = this.#turn.then(() => this.#line(secret));
    this.#turn = line.catch(() => undefined);
    return line;
  }

  /** Everything that is left, byte for byte. */
  async *bytes(): AsyncIterable<Uint8Array> {
    while (await this.#fill()) {
      const held = this.#held;
      this.#held = Buffer.alloc(0);
      for (let at = 0; at < held.length; at += PIECE) yield held.subarray(at, at + PIECE);
    }
  }

  async #line(secret: boolean): Promise<string | null> {
    const hide = secret && this.#stdin.isTTY;
    if (hide) this.#stdin.setRawMode(true);
    try {
      for (;;) {
        // A terminal that shows nothing sends a return for the end of a line.
        const end = this.#held.findIndex((byte) => byte === NEWLINE || (hide && byte === RETURN));
        if (end >= 0) return this.#take(end, end + 1);
        if (!(await this.#more())) return this.#held.length === 0 ? null : this.#take(this.#held.length);
      }
    } finally {
      if (hide) this.#stdin.setRawMode(false);
    }
  }

  #take(end: number, next = end): string {
    const line = this.#held.toString("utf8", 0, end);
    this.#held = this.#held.subarray(next);
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  async #fill(): Promise<boolean> {
    return this.#held.length > 0 || this.#more();
  }

  /** Reads on; false at the end. */
  async #more(): Promise<boolean> {
    while (!this.#over) {
      const chunk = this.#stdin.read() as Buffer | null;
      if (chunk !== null) {
        this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
        return true;
      }
      if (this.#stdin.readableEnded || this.#stdin.destroyed) this.#over = true;
      else await this.#readable();
    }
    return false;
  }

  async #readable(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = () => resolve();
    const events = ["readable", "end", "close", "error"] as const;
    for (const event of events) this.#stdin.once(event, this.#wake);
    await promise;
    for (const event of events) this.#stdin.off(event, this.#wake);
  }

  /** Whoever waits for more is told that there is none. */
  [Symbol.dispose](): void {
    this.#over = true;
    this.#wake?.();
    this.#stdin.pause();
  }
}
