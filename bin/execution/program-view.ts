import type { EventOf, RunEvent } from "../../core/contract/index.ts";
import { missingEvents, printable, printableJson, printableLines } from "../../core/kit/index.ts";
import { errorLine } from "../output/failure.ts";
import type { Output, Outputs } from "../output/output.ts";
import { plainAgain } from "../output/screen.ts";

/** Shows a run's events somewhere; awaited, so that a slow terminal slows the reading and nothing else. */
export interface ProgramRunView {
  show(event: RunEvent): Promise<void>;
}

/** Code in, output out: the program's stdout on stdout, its stderr on stderr, and nothing of ours but errors. */
export class ProgramView implements ProgramRunView {
  readonly #outputs: Outputs;

  constructor(outputs: Outputs) {
    this.#outputs = outputs;
  }

  async show(event: RunEvent): Promise<void> {
    const { stdout, stderr } = this.#outputs;
    switch (event.type) {
      case "exec-stdout":
        return stdout.write(contentOf(event.data));
      case "exec-stderr":
        return stderr.write(contentOf(event.data));
      case "input-request":
        return stdout.write(event.data.prompt);
      case "approval-request":
        return stderr.write(approvalText(event.data, stderr));
      case "text-delta":
        return stdout.write(stdout.isTerminal ? printableLines(event.data.text) : event.data.text);
      case "error":
        return stderr.write(errorLine(event.data, stderr.stream));
      case "gap":
        return stderr.write(`[${missingEvents(event.data)}]\n`);
      default:
    }
  }
}

/** One event a line. */
export class JsonView implements ProgramRunView {
  readonly #outputs: Outputs;

  constructor(outputs: Outputs) {
    this.#outputs = outputs;
  }

  async show(event: RunEvent): Promise<void> {
    await this.#outputs.stdout.write(`${printableJson(event)}\n`);
    if (event.type === "error") await this.#outputs.stderr.write(errorLine(event.data, this.#outputs.stderr.stream));
  }
}

/**
 * What is to be approved, with the code itself: what was shown of it before may have been drawn over. Nothing in it acts
 * on the terminal, and nothing that a program did before hides it.
 */
export function approvalText({ message, code }: EventOf<"approval-request">["data"], output: Output): string {
  const begin = output.isTerminal ? plainAgain : "";
  const shown = code === undefined ? "" : `${printableLines(code).replace(/^/gm, "    ").trimEnd()}\n`;
  return `${begin}${shown}${printable(message)} [y/N] `;
}

/** A piece of output as the program wrote it, byte by byte. */
export function contentOf(data: { readonly text?: string; readonly base64?: string }): string | Uint8Array {
  return data.base64 === undefined ? (data.text ?? "") : Buffer.from(data.base64, "base64");
}
