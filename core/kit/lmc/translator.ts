import type { EventData } from "../../contract/event.ts";
import type { ModelEvent } from "../../contract/model.ts";
import type { ExecEvent } from "../../contract/sandbox.ts";
import { cutTextsStart } from "../text/cut-text.ts";
import type { LmcFrame } from "./frames.ts";
import { errorAtEnd } from "./traceback.ts";

export interface TranslatorOptions {
  readonly emit: (event: ModelEvent) => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** Where its programs run, if that is known. */
  readonly container?: string;
}

interface Block {
  readonly index: number;
  readonly language: string;
  code: string;
}

interface Execution {
  readonly began: number;
  readonly language: string;
  /** Bytes of output. */
  offset: number;
  tail: string;
}

type ExecEnd = EventData["exec-end"];

/** Characters of output in which a traceback is looked for. */
const keptTail = 8192;

/**
 * Turns the chunks of one answer into events of ours. It goes by the content of chunks and hardly by their start and
 * end flags: one that comes late, or not at all, changes nothing.
 */
export class LmcTranslator {
  /** Characters of text and code. */
  characters = 0;
  readonly #options: TranslatorOptions;
  #blocks = 0;
  #block: Block | undefined;
  #execution: Execution | undefined;

  constructor(options: TranslatorOptions) {
    this.#options = options;
  }

  /** Whether a program runs. */
  get executing(): boolean {
    return this.#execution !== undefined;
  }

  /** Returns whether the frame was part of the answer. */
  translate(frame: LmcFrame): boolean {
    const { role, content } = frame;
    if (role === "assistant") this.#assistant(frame);
    else if (role === "computer") this.#computer(frame);
    else return false;
    return content !== undefined || frame.start === true;
  }

  /** Ends what runs: as it ended by itself, or with another status where it did not. */
  end(status: "exited" | "killed" | "lost" | "timeout" = "exited"): void {
    const execution = this.#execution;
    if (execution === undefined) return;
    this.#execution = undefined;
    const error = status === "exited" && execution.language === "python" ? errorAtEnd(execution.tail) : undefined;
    const data: ExecEnd = {
      status,
      exitCode: status === "exited" ? (error ? 1 : 0) : null,
      signal: status === "killed" || status === "timeout" ? "SIGKILL" : null,
      stateLost: status !== "exited",
      wallMs: Math.round(this.#options.now() - execution.began),
      cpuMs: 0,
      peakBytes: 0,
      ...(error ? { error } : {}),
    };
    this.#exec({ type: "exec-end", data });
  }

  #assistant({ type, format, content, start, end }: LmcFrame): void {
    this.end();
    if (type === "code") {
      const language = typeof format === "string" && format !== "" ? format : "python";
      // A flag after content parts two blocks that follow each other.
      if (start === true || end === true) {
        if (start === true && this.#block?.code) this.#block = undefined;
        return;
      }
      if (typeof content !== "string" || content === "") return;
      if (this.#block?.language !== language) this.#block = undefined;
      this.#block ??= { index: this.#blocks++, language, code: "" };
      this.#block.code += content;
      this.characters += content.length;
      this.#options.emit({ type: "code-delta", language, text: content, index: this.#block.index });
    } else if (typeof content === "string" && content !== "") {
      this.#block = undefined;
      this.characters += content.length;
      this.#options.emit({ type: "text-delta", text: content });
    }
  }

  #computer(frame: LmcFrame): void {
    const { type, format, content } = frame;
    if (type === "console" && format === "active_line") {
      if (content === null) this.end();
      else this.#begin();
      return;
    }
    if (frame.start === true && this.#block !== undefined) this.#begin();
    if (typeof content !== "string" || content === "") return;
    this.#begin();
    if (type === "console") this.#output(content);
    else this.#result(bundleOf(type, format, content));
  }

  #begin(): void {
    if (this.#execution !== undefined) return;
    const { language = "python", code = "" } = this.#block ?? {};
    this.#block = undefined;
    this.#execution = { began: this.#options.now(), language, offset: 0, tail: "" };
    const { container } = this.#options;
    this.#exec({
      type: "exec-start",
      data: { language, code, ...(container === undefined ? {} : { container }) },
    });
  }

  #output(text: string): void {
    const execution = this.#execution;
    if (execution === undefined) return;
    this.#exec({ type: "exec-stdout", data: { text, offset: execution.offset } });
    execution.offset += Buffer.byteLength(text);
    execution.tail = cutTextsStart(execution.tail, text, keptTail);
  }

  #result(data: Record<string, unknown>): void {
    this.#exec({ type: "exec-result", data: { data } });
  }

  #exec(event: ExecEvent): void {
    this.#options.emit({ type: "exec", event });
  }
}

function bundleOf(type: unknown, format: unknown, content: string): Record<string, unknown> {
  if (type === "image" && format === "base64.png") return { "image/png": content };
  if (type === "image" && format === "base64.jpeg") return { "image/jpeg": content };
  if (type === "code" && format === "html") return { "text/html": content };
  if (type === "code" && format === "javascript") return { "application/javascript": content };
  return { "text/plain": content };
}
