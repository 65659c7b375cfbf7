import { fstatSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import type { EventOf, RunAnswer, RunHandle } from "../../core/index.ts";

/** Whether our own stdin can answer a program that asks: a terminal, a pipe, a socket or a file. */
export function stdinAnswers(): boolean {
  if (process.stdin.isTTY) return true;
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

/** What a line says about code that waits to be approved; without a line nobody approves it. */
export function approvalOf(line: string | null): RunAnswer {
  const said = line?.trim() ?? "";
  if (/^y(es)?$/i.test(said)) return { kind: "approval", approved: true };
  const message = /^(n|no)?$/i.test(said) ? {} : { message: said };
  return { kind: "approval", approved: false, ...message };
}

/**
 * Answers a run's `input-request`s with the lines of stdin, in order, and with the end of file when there are no more.
 * Stdin is not touched before the first request: a program that never asks leaves it to whoever comes next.
 */
export class StdinAnswers implements Disposable {
  readonly #stdin: NodeJS.ReadStream;
  #lines: AsyncIterator<string> | undefined;
  #reader: Interface | undefined;

  constructor(stdin: NodeJS.ReadStream = process.stdin) {
    this.#stdin = stdin;
  }

  /** Resolves when the answer was taken, or the run no longer waits for one. */
  async answer(request: EventOf<"input-request">, handle: RunHandle): Promise<void> {
    const text = await this.#next(request.data.secret === true);
    await handle.input({ kind: "stdin", text }).catch(() => undefined);
  }

  /** A line that is neither yes nor no refuses, and tells the model why. */
  async approve(handle: RunHandle): Promise<void> {
    await handle.input(approvalOf(await this.#next(false))).catch(() => undefined);
  }

  async #next(secret: boolean): Promise<string | null> {
    if (this.#reader === undefined) {
      this.#reader = createInterface({ input: this.#stdin, terminal: false });
      this.#lines = this.#reader[Symbol.asyncIterator]();
    }
    const hide = secret && this.#stdin.isTTY;
    if (hide) this.#stdin.setRawMode(true);
    try {
      const line = await this.#lines?.next();
      return line === undefined || line.done ? null : line.value;
    } finally {
      if (hide) this.#stdin.setRawMode(false);
    }
  }

  [Symbol.dispose](): void {
    this.#reader?.close();
    this.#stdin.pause();
  }
}
