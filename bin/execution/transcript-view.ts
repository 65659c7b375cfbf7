import type { EventOf, RunEvent } from "../../core/contract/index.ts";
import { printable, printableJson, printableLines } from "../../core/kit/index.ts";
import { errorLine } from "../output/failure.ts";
import type { Outputs } from "../output/output.ts";
import { bytes, duration, painter } from "../output/style.ts";
import { approvalText, contentOf, type RunView } from "./program-view.ts";

/**
 * A conversation as it happens: the answer's text, its code between fences, what the code printed and showed. That goes
 * to stdout; what is said about it (which model, a failed attempt, an exit code) goes to stderr.
 */
export class TranscriptView implements RunView {
  readonly #outputs: Outputs;
  readonly #paint: ReturnType<typeof painter>;
  readonly #note: ReturnType<typeof painter>;
  #lineOpen = false;
  #reasoning = false;

  constructor(outputs: Outputs) {
    this.#outputs = outputs;
    this.#paint = painter(outputs.stdout.stream);
    this.#note = painter(outputs.stderr.stream);
  }

  async show(event: RunEvent): Promise<void> {
    if (this.#reasoning && event.type !== "reasoning-delta") await this.#endReasoning();
    switch (event.type) {
      case "model-start":
        return this.#say(`${event.source}: ${event.data.model}`, true);
      case "text-delta":
        return this.#write(this.#said(event.data.text));
      case "text-end":
        return this.#freshLine();
      case "reasoning-delta":
        return this.#reason(event.data.text);
      case "code-start":
        await this.#freshLine();
        return this.#write(this.#paint("dim", `\`\`\`${printable(event.data.language)}\n`), true);
      case "code-delta":
        return this.#write(this.#said(event.data.text));
      case "code-end":
        await this.#freshLine();
        return this.#write(this.#paint("dim", "```\n"), true);
      case "exec-stdout":
        return this.#write(contentOf(event.data));
      case "exec-stderr":
        await this.#freshLine();
        return this.#outputs.stderr.write(contentOf(event.data));
      case "exec-result":
        return this.#result(event.data);
      case "exec-file":
        return this.#say(`wrote ${event.data.path} (${bytes(event.data.size)})`);
      case "exec-end":
        return this.#ended(event.data);
      case "input-request":
        return this.#write(event.data.prompt);
      case "approval-request":
        await this.#freshLine();
        return this.#outputs.stderr.write(approvalText(event.data, this.#outputs.stderr));
      case "rewind":
        await this.#freshLine();
        return this.#say(`the answer above is void: ${event.data.reason}`);
      case "error":
        await this.#freshLine();
        return this.#outputs.stderr.write(errorLine(event.data, this.#outputs.stderr.stream));
      case "gap":
        return this.#say(`events ${event.data.from} to ${event.data.to} are missing`);
      case "run-end":
        return this.#freshLine();
      default:
    }
  }

  /** A model's words must not act on the terminal; a file gets them as they are. */
  #said(text: string): string {
    return this.#outputs.stdout.isTerminal ? printableLines(text) : text;
  }

  async #write(chunk: string | Uint8Array, endsLine?: boolean): Promise<void> {
    if (chunk.length === 0) return;
    const last = typeof chunk === "string" ? chunk.at(-1) : String.fromCharCode(chunk.at(-1) ?? 0);
    this.#lineOpen = endsLine === undefined ? last !== "\n" : !endsLine;
    await this.#outputs.stdout.write(chunk);
  }

  async #freshLine(): Promise<void> {
    if (this.#lineOpen) await this.#write("\n");
  }

  /** Which model answers is worth a line where somebody watches, and noise in a file. */
  async #say(text: string, onlyOnTerminals = false): Promise<void> {
    if (onlyOnTerminals && !this.#outputs.stderr.isTerminal) return;
    await this.#freshLine();
    await this.#outputs.stderr.write(`${this.#note("dim", `[${printable(text)}]`)}\n`);
  }

  async #reason(text: string): Promise<void> {
    if (!this.#outputs.stderr.isTerminal) return;
    if (!this.#reasoning) await this.#freshLine();
    this.#reasoning = true;
    await this.#outputs.stderr.write(this.#note("dim", printableLines(text)));
  }

  async #endReasoning(): Promise<void> {
    this.#reasoning = false;
    await this.#outputs.stderr.write("\n");
  }

  async #result({ data }: EventOf<"exec-result">["data"]): Promise<void> {
    await this.#freshLine();
    const picture = Object.keys(data).find((mime) => mime.startsWith("image/"));
    if (picture !== undefined) return this.#say(`${picture}, ${sizeOf(data[picture])}; --get DIR saves it`);
    const text = data["text/plain"] ?? data["text/markdown"];
    await this.#write(typeof text === "string" ? `${this.#said(text)}\n` : `${printableJson(data)}\n`);
  }

  async #ended(end: EventOf<"exec-end">["data"]): Promise<void> {
    await this.#freshLine();
    if (end.status === "exited" && end.exitCode === 0) return;
    const how = end.status === "exited" ? `exit code ${end.exitCode}` : (end.signal ?? end.status);
    const lost = end.stateLost ? ", its variables are lost" : "";
    await this.#say(`the program ended: ${how} after ${duration(end.wallMs)}${lost}`);
  }
}

function sizeOf(base64: unknown): string {
  return typeof base64 === "string" ? bytes(Math.floor((base64.length * 3) / 4)) : "size unknown";
}
