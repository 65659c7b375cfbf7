import type { RunEvent } from "../../core/index.ts";
import { errorLine } from "../output/failure.ts";
import type { Outputs } from "../output/output.ts";
import { printable } from "../output/style.ts";

/** Shows a run's events somewhere; awaited, so that a slow terminal slows the reading and nothing else. */
export interface RunView {
  show(event: RunEvent): Promise<void>;
}

/** Code in, output out: the program's stdout on stdout, its stderr on stderr, and nothing of ours but errors. */
export class ProgramView implements RunView {
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
        return stderr.write(`${printable(event.data.message)} [y/N] `);
      case "text-delta":
        return stdout.write(event.data.text);
      case "error":
        return stderr.write(errorLine(event.data, stderr.stream));
      case "gap":
        return stderr.write(`[events ${event.data.from} to ${event.data.to} are missing]\n`);
      default:
    }
  }
}

/** One event a line. */
export class JsonView implements RunView {
  readonly #outputs: Outputs;

  constructor(outputs: Outputs) {
    this.#outputs = outputs;
  }

  async show(event: RunEvent): Promise<void> {
    await this.#outputs.stdout.write(`${JSON.stringify(event)}\n`);
    if (event.type === "error") await this.#outputs.stderr.write(errorLine(event.data, this.#outputs.stderr.stream));
  }
}

/** A piece of output as the program wrote it, byte by byte. */
export function contentOf(data: { readonly text?: string; readonly base64?: string }): string | Uint8Array {
  return data.base64 === undefined ? (data.text ?? "") : Buffer.from(data.base64, "base64");
}
