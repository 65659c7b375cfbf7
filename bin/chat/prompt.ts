import { createInterface, type Interface } from "node:readline";
import type { History } from "./history.ts";

export interface PromptEvents {
  /** Ctrl-C while a line is being typed, or while nothing is asked. */
  onInterrupt(): void;
}

/** Asks for lines, one at a time, and remembers what was typed meanwhile. Null is the end of input. */
export class Prompt implements Disposable {
  readonly #reader: Interface;
  readonly #waiting: ((line: string | null) => void)[] = [];
  readonly #typed: string[] = [];
  #closed = false;

  constructor(history: History, events: PromptEvents) {
    this.#reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
      history: history.read(),
      historySize: 1000,
      removeHistoryDuplicates: true,
    });
    this.#reader.on("line", (line) => this.#give(line));
    this.#reader.on("SIGINT", () => events.onInterrupt());
    this.#reader.on("close", () => {
      this.#closed = true;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    });
  }

  async ask(prompt: string): Promise<string | null> {
    const typed = this.#typed.shift();
    if (typed !== undefined) return typed;
    if (this.#closed) return null;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#reader.setPrompt(this.#reader.terminal ? prompt : "");
      this.#reader.prompt();
    });
  }

  /** Throws away what is typed but not sent, says why, and asks anew. */
  clearLine(note: string): void {
    process.stdout.write(`\n${note}\n`);
    this.#reader.write(null, { ctrl: true, name: "e" });
    this.#reader.write(null, { ctrl: true, name: "u" });
    if (this.#waiting.length > 0) this.#reader.prompt();
  }

  /** Answers whoever waits as if the input had ended. */
  giveUp(): void {
    this.#waiting.shift()?.(null);
  }

  #give(line: string): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#typed.push(line);
    else resolve(line);
  }

  [Symbol.dispose](): void {
    this.#reader.close();
  }
}
