import { createInterface, type Interface } from "node:readline";
import { completed } from "./commands.ts";
import type { History } from "./history.ts";
import { asOneLine, PastedInput, QuietOutput, withFeeds } from "./terminal.ts";

export interface PromptEvents {
  /** Ctrl-C while a line is being typed, or while nothing is asked. */
  onInterrupt(): void;
}

/** Asks for lines, one at a time, and remembers what was typed meanwhile. Null is the end of input. */
export class ChatPrompt implements Disposable {
  readonly #reader: Interface;
  readonly #terminal: { readonly input: PastedInput; readonly output: QuietOutput } | undefined;
  readonly #waiting: ((line: string | null) => void)[] = [];
  readonly #typed: string[] = [];
  #closed = false;

  constructor(history: History, events: PromptEvents) {
    const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    this.#terminal = terminal
      ? { input: new PastedInput(process.stdin), output: new QuietOutput(process.stdout) }
      : undefined;
    this.#reader = createInterface({
      ...(this.#terminal ?? { input: process.stdin, output: process.stdout }),
      terminal,
      completer: completed,
      history: history.read().map(asOneLine),
      historySize: 1000,
      removeHistoryDuplicates: true,
    });
    this.#reader.on("line", (line) => this.#give(withFeeds(line)));
    this.#reader.on("SIGINT", () => events.onInterrupt());
    this.#reader.on("close", () => {
      this.#closed = true;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    });
  }

  /**
   * @param prompt what stands in front of the line. The line is drawn anew with it: what a program wrote there already has
   * to be in it.
   */
  async ask(prompt: string, { secret = false }: { readonly secret?: boolean } = {}): Promise<string | null> {
    const typed = this.#typed.shift();
    if (typed !== undefined) return typed;
    if (this.#closed) return null;
    return new Promise((resolve) => {
      this.#waiting.push(secret ? (line) => this.#told(line, resolve) : resolve);
      this.#reader.setPrompt(this.#reader.terminal ? prompt : "");
      this.#reader.prompt();
      if (secret && this.#terminal !== undefined) this.#terminal.output.quiet = true;
    });
  }

  /** Throws away what is typed but not sent, says why, and asks anew. */
  clearLine(note: string): void {
    process.stdout.write(`\n${note}\n`);
    if (!this.#reader.terminal) return;
    this.#reader.write(null, { ctrl: true, name: "e" });
    this.#reader.write(null, { ctrl: true, name: "u" });
    if (this.#waiting.length > 0) this.#reader.prompt();
  }

  /** Answers whoever waits as if the input had ended. */
  giveUp(): void {
    this.#waiting.shift()?.(null);
  }

  /** A secret is no line of the history, and its end of line was not shown. */
  #told(line: string | null, resolve: (line: string | null) => void): void {
    if (this.#terminal !== undefined) {
      this.#terminal.output.quiet = false;
      process.stdout.write("\n");
      const { history } = this.#reader as Interface & { history: string[] };
      if (line !== null && history[0] === asOneLine(line)) history.shift();
    }
    resolve(line);
  }

  #give(line: string): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#typed.push(line);
    else resolve(line);
  }

  [Symbol.dispose](): void {
    this.#reader.close();
    this.#terminal?.input.release();
    this.#terminal?.output.release();
  }
}
