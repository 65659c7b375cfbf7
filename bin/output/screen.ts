import { stripVTControlCharacters } from "node:util";
import { LineState, printable } from "../../core/kit/index.ts";
import type { Output, Outputs } from "./output.ts";

export type OutputName = keyof Outputs;

/** Colours, character sets and hidden text that a program may have left its terminal with. */
export const plainAgain = "\u001b[0m\u000f\u001b[?25h";

/**
 * Standard output and standard error, and where the cursor is in each. On one terminal they share its line: what begins
 * on one of them ends a line begun on the other.
 */
export class Screen {
  readonly #outputs: Outputs;
  readonly #lines: Readonly<Record<OutputName, LineState>>;
  #last: OutputName = "stdout";
  /** What stands in the line that stdout has begun. */
  #begun = "";

  constructor(outputs: Outputs) {
    const stdout = new LineState();
    const shared = outputs.stdout.isTerminal && outputs.stderr.isTerminal;
    this.#outputs = outputs;
    this.#lines = { stdout, stderr: shared ? stdout : new LineState() };
  }

  output(name: OutputName): Output {
    return this.#outputs[name];
  }

  line(name: OutputName): LineState {
    return this.#lines[name];
  }

  /** Goes on where this output stands; on a terminal both write to, words of the other one are ended first. */
  async write(name: OutputName, chunk: string | Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    await this.turnTo(name);
    this.#lines[name].write(chunk);
    await this.put(name, chunk);
  }

  async turnTo(name: OutputName): Promise<void> {
    if (this.#last !== name && this.#lines.stdout === this.#lines.stderr) await this.freshLine(name);
  }

  /** The line that stdout has begun and not ended, as far as it can be shown again. */
  get begun(): string {
    return this.#begun;
  }

  /** Writes what has been counted for the line already. */
  async put(name: OutputName, chunk: string | Uint8Array): Promise<void> {
    this.#last = name;
    if (name === "stdout") this.#begun = lastLine(this.#begun, chunk);
    await this.#outputs[name].write(chunk);
  }

  async freshLine(name: OutputName): Promise<void> {
    if (!this.#lines[name].open) return;
    this.#lines[name].begin();
    this.#begun = "";
    await this.#outputs[name].write("\n");
  }

  /** Something that others wrote, such as an echo of what was typed, has ended the line. */
  lineEnded(): void {
    for (const line of Object.values(this.#lines)) line.begin();
    this.#begun = "";
  }

  /** Takes back what a program set the terminal to. */
  async restore(name: OutputName): Promise<void> {
    if (!this.#lines[name].styled) return;
    this.#lines[name].styled = false;
    if (this.#outputs[name].isTerminal) await this.#outputs[name].write(plainAgain);
  }
}

/** Characters of a line that are kept: a prompt is no longer. */
const longestLine = 1000;

function lastLine(before: string, chunk: string | Uint8Array): string {
  const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
  const at = text.lastIndexOf("\n");
  return printable((at < 0 ? before : "") + stripVTControlCharacters(text.slice(at + 1))).slice(-longestLine);
}
