import type { RunEvent } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { JsonView } from "../execution/program-view.ts";
import { errorLine } from "../output/failure.ts";
import type { Outputs } from "../output/output.ts";
import { painter } from "../output/style.ts";
import type { ComparedAnswer } from "./answer.ts";
import { beside, columnWidth, wrap } from "./layout.ts";
import { summary } from "./summary.ts";

/** Shows answers that grow side by side. */
export interface CompareView {
  show(event: RunEvent): Promise<void>;
  /** An answer is over. */
  ended(): Promise<void>;
  /** All of them are. */
  finish(): Promise<void>;
}

export function viewOf(answers: readonly ComparedAnswer[], outputs: Outputs, json: boolean): CompareView {
  if (json) {
    const events = new JsonView(outputs);
    return { show: (event) => events.show(event), ended: async () => {}, finish: async () => {} };
  }
  const { isTerminal, stream } = outputs.stdout;
  const width = isTerminal ? columnWidth(stream.columns ?? 80, answers.length) : undefined;
  return width === undefined ? new Blocks(answers, outputs) : new Columns(answers, outputs, width);
}

/** One after another, in the order asked for, each when it is complete. */
class Blocks implements CompareView {
  readonly #answers: readonly ComparedAnswer[];
  readonly #outputs: Outputs;
  #told = 0;

  constructor(answers: readonly ComparedAnswer[], outputs: Outputs) {
    this.#answers = answers;
    this.#outputs = outputs;
  }

  async show(): Promise<void> {}

  async ended(): Promise<void> {
    const { stdout } = this.#outputs;
    for (let next = this.#answers[this.#told]; next?.over; next = this.#answers[this.#told]) {
      this.#told += 1;
      const head = painter(stdout.stream)("bold", headOf(next));
      const said = next.text === "" ? "" : `${wrap(next.text, Number.POSITIVE_INFINITY).join("\n")}\n`;
      const failure = next.error === undefined ? "" : errorLine(next.error, stdout.stream);
      // In one piece: another answer may end meanwhile.
      await stdout.write(`${head}\n${said}${failure}\n`);
    }
  }

  async finish(): Promise<void> {
    await this.#outputs.stdout.write(summary(this.#answers));
  }
}

/** Milliseconds between two pictures of what is under way. */
const pace = 80;

/** Side by side: while they grow the newest lines, as many as the terminal has; in the end all of them. */
class Columns implements CompareView {
  readonly #answers: readonly ComparedAnswer[];
  readonly #outputs: Outputs;
  readonly #width: number;
  #drawn = 0;
  #next = 0;

  constructor(answers: readonly ComparedAnswer[], outputs: Outputs, width: number) {
    this.#answers = answers;
    this.#outputs = outputs;
    this.#width = width;
  }

  async show(): Promise<void> {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + pace;
    await this.#draw(Math.max(1, (this.#outputs.stdout.stream.rows ?? 24) - 4));
  }

  async ended(): Promise<void> {}

  async finish(): Promise<void> {
    await this.#draw(Number.POSITIVE_INFINITY);
    await this.#outputs.stdout.write(`\n${summary(this.#answers)}`);
  }

  async #draw(rows: number): Promise<void> {
    const { stdout } = this.#outputs;
    const columns = this.#answers.map((answer) => this.#lines(answer));
    const heads = beside(
      this.#answers.map((answer) => wrap(headOf(answer), this.#width).slice(0, 1)),
      this.#width,
    );
    const bodies = beside(
      columns.map((lines) => lines.slice(rows === Number.POSITIVE_INFINITY ? 0 : -rows)),
      this.#width,
    );
    const paint = painter(stdout.stream);
    const lines = [...heads.map((head) => paint("bold", head)), ...bodies];
    // Up to where the last picture began, and what is below away.
    const up = this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\u001b[J`;
    this.#drawn = lines.length;
    await stdout.write(`${up}${lines.join("\n")}\n`);
  }

  #lines({ text, error }: ComparedAnswer): string[] {
    const said = text === "" ? [] : wrap(text, this.#width);
    return error === undefined ? said : [...said, ...wrap(`error[${error.code}]: ${error.message}`, this.#width)];
  }
}

function headOf({ id, model }: ComparedAnswer): string {
  return printable(model === "" ? id : `${id}: ${model}`);
}
