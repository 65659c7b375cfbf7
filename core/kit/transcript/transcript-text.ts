import { LineState } from "./line-state.ts";
import type { CodePart, Lane, Part, ProgramPart, TextPart, TranscriptEvent } from "./parts.ts";
import type { OutputData, ShownValue, WholeRecord } from "./program-record.ts";

export interface TextOptions {
  /** `all`: code, and what programs print and show; `code`: no output; `text`: a model's words alone. */
  readonly show: "all" | "code" | "text";
  /** Output stands in a fence of its own, for readers that take the text for Markdown. */
  readonly fencedOutput?: boolean;
  /** Leaves empty lines where they were written, for readers that go on writing. */
  readonly exact?: boolean;
}

/**
 * A transcript as one text, piece by piece. Code and output stand between fences on lines of their own; no block begins
 * with an empty line, and neither does what follows one.
 */
export class TranscriptText {
  readonly #options: TextOptions;
  readonly #line = new LineState();
  /** Empty lines are left out: nothing of a text or block has been written yet. */
  #isStart = true;
  #isEmpty = true;
  /** Blank text that is left out if nothing follows it in its line. */
  #blank = "";
  #fenced = false;

  constructor(options: TextOptions) {
    this.#options = options;
  }

  /** What the event adds to the text. A fence comes in three pieces, as models' own tokens are cut. */
  read(event: TranscriptEvent): readonly string[] {
    const { show } = this.#options;
    if (event.type === "text-delta") return this.#write(event.data.text);
    if (event.type === "branch-start") return this.label(event.data.label);
    if (show === "text") return [];
    switch (event.type) {
      case "code-start":
        return this.#begin(event.data.language);
      case "code-delta":
        return this.#write(event.data.text);
      case "code-end":
        return this.#endFence();
    }
    return show === "code" ? [] : this.#output(event);
  }

  /** What a part adds to the text, all of it at once. A block that is open has no closing fence. */
  part(part: Part<WholeRecord> | TextPart | CodePart | Lane<WholeRecord>): string {
    if (!("kind" in part)) return this.label(part.label).join("");
    switch (part.kind) {
      case "text":
        return this.#write(part.text).join("");
      case "code": {
        if (this.#options.show === "text") return "";
        const end = part.open ? () => [] : () => this.#endFence();
        return [...this.#begin(part.language), ...this.#write(part.text), ...end()].join("");
      }
      case "program":
        return this.#options.show === "all" ? this.#program(part).join("") : "";
      default:
        return "";
    }
  }

  #program({ record }: ProgramPart<WholeRecord>): readonly string[] {
    const pieces = record.pieces.map((piece) =>
      piece.kind === "value" ? this.#value(piece.value) : this.#printed(piece.data),
    );
    return [...pieces.flat(), ...this.#endOutput()];
  }

  /** The name of what follows, such as a branch. */
  label(name: string): readonly string[] {
    const gap = this.#isEmpty ? "" : this.#line.open ? "\n\n" : "\n";
    this.#line.begin();
    this.#isEmpty = false;
    this.#isStart = true;
    return [`${gap}${name}:\n`];
  }

  #output(event: TranscriptEvent): readonly string[] {
    switch (event.type) {
      case "exec-stdout":
      case "exec-stderr":
        return this.#printed(event.data);
      case "exec-result":
        return this.#value(event.data);
      case "exec-end":
        return this.#endOutput();
      default:
        return [];
    }
  }

  #printed(data: OutputData): readonly string[] {
    return [...this.#beginOutput(), ...this.#exactly(outputText(data))];
  }

  #value(value: ShownValue): readonly string[] {
    const text = valueText(value);
    return text === undefined ? [] : [...this.#beginOutput(), ...this.#freshLine(), ...this.#exactly(`${text}\n`)];
  }

  #endOutput(): readonly string[] {
    if (this.#options.fencedOutput) return this.#fenced ? this.#endFence() : [];
    this.#isStart = true;
    return this.#freshLine();
  }

  /** The fence of an output opens when there is some. */
  #beginOutput(): readonly string[] {
    this.#blank = "";
    if (!this.#options.fencedOutput || this.#fenced) return [];
    const fence = this.#begin("output");
    this.#fenced = true;
    this.#isStart = false;
    return fence;
  }

  #begin(language: string): readonly string[] {
    this.#blank = "";
    const fresh = this.#line.open ? "\n" : "";
    this.#line.begin();
    this.#isEmpty = false;
    this.#isStart = true;
    return [`${fresh}\`\`\``, language, "\n"].filter((text) => text !== "");
  }

  #endFence(): readonly string[] {
    this.#blank = "";
    this.#fenced = false;
    const fresh = this.#line.open ? "\n" : "";
    this.#line.begin();
    this.#isStart = true;
    return [`${fresh}\`\`\`\n`];
  }

  #freshLine(): readonly string[] {
    if (!this.#line.open) return [];
    this.#line.begin();
    return ["\n"];
  }

  /** As it is, but for empty lines at its beginning. */
  #write(text: string): readonly string[] {
    if (!this.#isStart || this.#options.exact) return this.#exactly(text);
    const whole = this.#blank + text;
    const begin = /^(?:[^\S\n]*\n)+/.exec(whole)?.[0].length ?? 0;
    const rest = whole.slice(begin);
    if (rest.trim() === "") {
      this.#blank = rest;
      return [];
    }
    this.#blank = "";
    this.#isStart = false;
    return this.#exactly(rest);
  }

  #exactly(text: string): readonly string[] {
    if (text === "") return [];
    this.#isEmpty = false;
    this.#line.write(text);
    return [text];
  }
}

/** Output as text; of bytes that are no text it is told how many they are. */
export function outputText({ text, base64 = "" }: OutputData): string {
  return text ?? `[${base64Bytes(base64)} bytes that are not text]`;
}

/** How many bytes a text of base64 stands for, whose padding and line breaks count for none. */
export function base64Bytes(base64: string): number {
  return Math.floor((base64.replace(/[\s=]/g, "").length * 3) / 4);
}

function valueText({ data }: ShownValue): string | undefined {
  const text = data["text/markdown"] ?? data["text/plain"];
  return typeof text === "string" ? text : undefined;
}
