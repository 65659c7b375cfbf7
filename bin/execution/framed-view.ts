import type { EventOf, RunEvent } from "../../core/contract/index.ts";
import { plural, printable, printableLines } from "../../core/kit/index.ts";
import type { Output } from "../output/output.ts";
import { duration, localTime, painter, timeZone } from "../output/style.ts";
import type { ProgramRunView } from "./program-view.ts";

/** A run that somebody else began: a line of what was asked above it, and a line of how it ended below. On stderr. */
export class FramedView implements ProgramRunView {
  readonly #inner: ProgramRunView;
  readonly #output: Output;
  #started = "";

  constructor(inner: ProgramRunView, output: Output) {
    this.#inner = inner;
    this.#output = output;
  }

  async show(event: RunEvent): Promise<void> {
    if (event.type === "run-start") await this.#write(this.#head(event));
    await this.#inner.show(event);
    if (event.type === "run-end") await this.#write(this.#note(endOf(event, this.#started)));
  }

  #head({ run, time, data }: EventOf<"run-start">): string {
    this.#started = time;
    const when = `${localTime(time)} ${timeZone(new Date(time))}`;
    const line = this.#note(`${run}: flow ${data.flow}, session ${data.session}, started ${when}`);
    const { text, code, language = "python", file, args = [], files = [] } = data.input;
    const program = [language, ...(file === undefined ? [] : [file]), ...args].join(" ");
    const asked = `${printableLines(code ?? text ?? "").trimEnd()}\n`;
    const given = files.length === 0 ? "" : this.#note(`with ${files.join(", ")}`);
    return `${line}${given}${code === undefined ? "" : this.#note(program)}${asked}${this.#note("---")}`;
  }

  #note(text: string): string {
    return `${painter(this.#output.stream)("dim", `[${printable(text)}]`)}\n`;
  }

  #write(text: string): Promise<void> {
    return this.#output.write(text);
  }
}

/** `ok after 1.3s`, `failed after 40s, exit code 1: the program ended with 1`. */
function endOf({ time, data }: EventOf<"run-end">, started: string): string {
  const took = Date.parse(time) - Date.parse(started);
  const after = Number.isNaN(took) ? "" : ` after ${duration(took)}`;
  const code = data.exitCode ? `, exit code ${data.exitCode}` : "";
  const { inputTokens, outputTokens } = data.usage;
  const tokens =
    inputTokens + outputTokens === 0 ? "" : `, ${plural(inputTokens, "token")} read and ${outputTokens} written`;
  const cost = data.cost.amount ? `, $${Number(data.cost.amount.toFixed(6))}` : "";
  const reason = data.status === "ok" || data.reason === undefined ? "" : `: ${data.reason}`;
  return `${data.status}${after}${code}${tokens}${cost}${reason}`;
}
