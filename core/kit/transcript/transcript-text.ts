import { plural } from "../text/plural.ts";
import { LineState } from "./line-state.ts";
import type { CodePart, Lane, Part, ProgramPart, TextPart, TranscriptEvent } from "./parts.ts";
import type { OutputData, OutputStream, ShownValue, WholeRecord } from "./program-record.ts";

export interface TranscriptOptions {
  /** `all`: code, and what programs print and show; `code`: no output; `text`: a model's words alone. */
  readonly show: "all" | "code" | "text";
  /** Output stands in a fence of its own, for readers that take the text for Markdown. */
  readonly fencedOutput?: boolean;
  /** Leaves empty lines where they were written, for readers that go on writing. */
  readonly exact?: boolean;
  /** Where the text goes on, if others write there as well. */
  readonly line?: LineState;
}

/** One piece of a run as text. */
export interface TextPiece {
  /** `mark`: what is written around words and output, such as fences. */
  readonly kind: "words" | "output" | "mark";
  readonly text: string;
}

/**
 * A transcript as one text, piece by piece. Code and output stand between fences on lines of their own; no block begins
 * with an empty line, and neither does what follows one.
 */
export class TranscriptText {
  readonly #options: TranscriptOptions;
  readonly #line: LineState;
  /** Empty lines are left out: nothing of a text or block has been written yet. */
  #isStart = true;
  #isEmpty = true;
  /** Blank text that is left out if nothing follows it in its line. */
  #blank = "";
  #fenced = false;
  /** Which stream the output came from that was written last. */
  #stream: OutputStream | undefined;

  constructor(options: TranscriptOptions) {
    this.#options = options;
    this.#line = options.line ?? new LineState();
  }

  /** What the event adds to the text. A fence comes in three pieces, as models' own tokens are cut. */
  read(event: TranscriptEvent): readonly TextPiece[] {
    const { show } = this.#options;
    if (event.type === "text-delta") return this.#words(event.data.text);
    if (event.type === "branch-start") return this.label(event.data.label);
    // What follows an answer, or one that was taken back, is another text.
    if (event.type === "text-end" || event.type === "rewind") this.#isStart = true;
    if (show === "text") return [];
    switch (event.type) {
      case "code-start":
        return this.#begin(event.data.language);
      case "code-delta":
        return this.#words(event.data.text);
      case "code-end":
        return this.#endFence();
      case "exec-end":
        return this.#endOutput();
    }
    return show === "code" ? [] : this.#output(event);
  }

  /** What a part adds to the text, all of it at once. A block that is open has no closing fence. */
  part(part: Part<WholeRecord> | TextPart | CodePart | Lane<WholeRecord>): string {
    return this.#part(part)
      .map(({ text }) => text)
      .join("");
  }

  /** The name of what follows, such as a branch, after an empty line. */
  label(name: string): readonly TextPiece[] {
    const gap = this.#isEmpty ? "" : this.#line.open ? "\n\n" : "\n";
    this.#startLine();
    this.#isStart = true;
    return [{ kind: "mark", text: `${gap}${name}:\n` }];
  }

  #part(part: Part<WholeRecord> | TextPart | CodePart | Lane<WholeRecord>): readonly TextPiece[] {
    const { show } = this.#options;
    if (!("kind" in part)) return this.label(part.label);
    if (part.kind === "answer") this.#isStart = true;
    if (part.kind === "text") return this.#words(part.text);
    if (part.kind === "code" && show !== "text") {
      const end = part.open ? () => [] : () => this.#endFence();
      return [...this.#begin(part.language), ...this.#words(part.text), ...end()];
    }
    return part.kind === "program" && show === "all" ? this.#program(part) : [];
  }

  #program({ record }: ProgramPart<WholeRecord>): readonly TextPiece[] {
    const pieces = record.pieces.map((piece) =>
      piece.kind === "value" ? this.#value(piece.value) : this.#printed(piece.kind, piece.data),
    );
    return [...pieces.flat(), ...this.#endOutput()];
  }

  #output(event: TranscriptEvent): readonly TextPiece[] {
    switch (event.type) {
      case "exec-stdout":
        return this.#printed("stdout", event.data);
      case "exec-stderr":
        return this.#printed("stderr", event.data);
      case "exec-result":
        return this.#value(event.data);
      default:
        return [];
    }
  }

  /** Each stream ends the line that the other one began. */
  #printed(stream: OutputStream, data: OutputData): readonly TextPiece[] {
    const begin = this.#beginOutput();
    const fresh = this.#stream === stream ? [] : this.#freshLine();
    this.#stream = stream;
    return [...begin, ...fresh, ...this.#exactly("output", outputText(data))];
  }

  #value(value: ShownValue): readonly TextPiece[] {
    const text = valueText(value);
    if (text === undefined) return [];
    return [...this.#beginOutput(), ...this.#freshLine(), ...this.#exactly("output", `${text}\n`)];
  }

  /** The fence of an output opens when there is some. */
  #beginOutput(): readonly TextPiece[] {
    this.#blank = "";
    if (!this.#options.fencedOutput || this.#fenced) return [];
    const fence = this.#begin("output");
    this.#fenced = true;
    this.#isStart = false;
    return fence;
  }

  #endOutput(): readonly TextPiece[] {
    this.#stream = undefined;
    if (this.#fenced) return this.#endFence();
    this.#isStart = true;
    return this.#options.show === "all" ? this.#freshLine() : [];
  }

  #begin(language: string): readonly TextPiece[] {
    this.#blank = "";
    const fresh = this.#line.open ? "\n" : "";
    this.#startLine();
    this.#isStart = true;
    return [`${fresh}\`\`\``, language, "\n"].flatMap((text) => (text === "" ? [] : [{ kind: "mark", text }]));
  }

  #endFence(): readonly TextPiece[] {
    this.#blank = "";
    this.#fenced = false;
    const fresh = this.#line.open ? "\n" : "";
    this.#startLine();
    this.#isStart = true;
    return [{ kind: "mark", text: `${fresh}\`\`\`\n` }];
  }

  #startLine(): void {
    this.#line.begin();
    this.#isEmpty = false;
  }

  #freshLine(): readonly TextPiece[] {
    if (!this.#line.open) return [];
    this.#line.begin();
    return [{ kind: "mark", text: "\n" }];
  }

  /** As they are, but for empty lines at their beginning. */
  #words(text: string): readonly TextPiece[] {
    if (!this.#isStart || this.#options.exact) return this.#exactly("words", text);
    const whole = this.#blank + text;
    const begin = /^(?:[^\S\n]*\n)+/.exec(whole)?.[0].length ?? 0;
    const rest = whole.slice(begin);
    if (rest.trim() === "") {
      this.#blank = rest;
      return [];
    }
    this.#blank = "";
    this.#isStart = false;
    // Words after a program's output, or after somebody else's, begin their own line.
    return [...this.#freshLine(), ...this.#exactly("words", rest)];
  }

  #exactly(kind: "words" | "output", text: string): readonly TextPiece[] {
    if (text === "") return [];
    this.#isEmpty = false;
    this.#line.write(text);
    return [{ kind, text }];
  }
}

/** Output as text; of bytes that are no text it is told how many they are. */
export function outputText({ text, base64 = "" }: OutputData): string {
  return (
    text ??
    `[${plural(Math.floor((base64.replace(/[\s=]/g, "").length * 3) / 4), "byte that is", "bytes that are")} not text]`
  );
}

function valueText({ data }: ShownValue): string | undefined {
  const text = data["text/markdown"] ?? data["text/plain"];
  return typeof text === "string" ? text : undefined;
}
