import type { EmissionOf, EventType } from "../contract/event.ts";
import type { FinishReason, ModelEvent } from "../contract/model.ts";
import { WellFormedText } from "../kit/text/cut-text.ts";
import { type CodeFault, faultOf } from "./code-fault.ts";
import { FenceReader } from "./fences.ts";
import type { AnswerPiece, OpenCode, TextCalls } from "./pieces.ts";
import { closingTags, Thoughts } from "./thoughts.ts";

type Emit = <Type extends EventType>(type: Type, data: EmissionOf<Type>["data"]) => void;
type Words = Extract<ModelEvent, { type: "text-delta" | "reasoning-delta" | "code-delta" }>;
type CallError = Extract<ModelEvent, { type: "call-error" }>;

export interface AnswerListener {
  readonly emit: Emit;
  /** Whether a sandbox follows, so that slips of form are repaired. */
  readonly codeWanted: boolean;
  readonly calls: TextCalls;
  onCode(): void;
  /** What was given out of the answer so far is void. */
  onVoid(reason: string): void;
}

const closingTag = new RegExp(`^${closingTags}$`);
const closingAtEnd = new RegExp(`${closingTags}$`);
/** Up to the last closing tag that begins a line. */
const upToClosing = new RegExp(`^[\\s\\S]*\\n[ \\t]*${closingTags}`);

/** Brackets deltas: every `text-delta` stands between `text-start` and `text-end`, and so does code. */
export class AnswerWriter {
  characters = 0;
  /** Whether anything was said that a reader sees. */
  said = false;
  /** Why code of the answer must not run, apart from its end. */
  #callError: CallError | undefined;
  readonly #to: AnswerListener;
  #fences: FenceReader;
  #thoughts: Thoughts;
  #left: OpenCode | undefined;
  #textFault: string | undefined;
  #open: "text" | "code" | undefined;
  /** Index of the tool call whose code is under way. */
  #call: number | undefined;
  /** What was written as text since the answer began. A closing tag of thoughts may show that it was none. */
  #written = "";
  #emitted = false;
  /**
   * What follows a closing tag of thoughts that stands in a block of code, on a line of its own. Where the block ends it is
   * code; where it does not, all before the tag was thought, and what follows is the answer.
   */
  #held: AnswerPiece[] | undefined;
  readonly #whole = { text: new WellFormedText(), thoughts: new WellFormedText(), code: new WellFormedText() };

  constructor(to: AnswerListener) {
    this.#to = to;
    this.#fences = this.#newFences();
    this.#thoughts = this.#newThoughts();
  }

  write(event: Words | CallError): void {
    if (event.type === "call-error") {
      this.#callError ??= event;
      this.said = true;
      return;
    }
    this.characters += event.text.length;
    if (event.type === "reasoning-delta") this.#think(this.#whole.thoughts.write(event.text));
    else if (event.type === "code-delta") this.#writeCall(event);
    else {
      this.#endCall();
      this.#thoughts.write(this.#whole.text.write(event.text));
    }
  }

  /** The answer, or the part of it before a program that the model ran, is over. */
  close(): void {
    this.#endCall();
    this.#think(this.#whole.thoughts.end());
    this.#endText();
    this.#fences = this.#newFences();
    this.#thoughts = this.#newThoughts();
    this.#written = "";
    this.#emitted = false;
    this.#shut();
  }

  /** Why the code of the closed answer must not be run; undefined where it may. */
  fault(reason: FinishReason): CodeFault | undefined {
    return faultOf(reason, this.#left, this.#callError, this.#textFault);
  }

  #writeCall({ index, language, text }: Extract<Words, { type: "code-delta" }>): void {
    if (this.#call !== index) {
      this.#endCall();
      this.#endText();
      this.#shut();
      this.#call = index;
      this.#startCode(language);
    }
    this.#code(this.#whole.code.write(text));
  }

  #endCall(): void {
    if (this.#call === undefined) return;
    this.#code(this.#whole.code.end());
    this.#call = undefined;
    this.#shut();
  }

  #endText(): void {
    this.#thoughts.write(this.#whole.text.end());
    this.#thoughts.end();
    const pieces = this.#fences.end();
    this.#left = this.#fences.open;
    this.#textFault = this.#fences.callFault;
    // A thought may hold a fence that it never closes: then the tag that ends the thought stands in a block.
    const end = this.#left === "fence" ? upToClosing.exec(this.#written)?.[0] : undefined;
    if (end === undefined) {
      this.#pieces(pieces);
      this.#release();
      return;
    }
    this.#held = undefined;
    const rest = this.#written.slice(end.length).trimStart();
    this.#written = end.replace(closingAtEnd, "");
    this.#orphan();
    this.#thoughts = this.#newThoughts();
    this.#thoughts.write(rest);
    this.#endText();
  }

  #newFences(): FenceReader {
    return new FenceReader({ repair: this.#to.codeWanted, calls: this.#to.calls });
  }

  #newThoughts(): Thoughts {
    return new Thoughts({
      said: (text) => {
        if (this.#fences.inBlock && closingTag.test(text) && /(?:^|\n)[ \t]*$/.test(this.#written)) this.#held ??= [];
        this.#written += text;
        this.#pieces(this.#fences.write(text));
      },
      thought: (text) => this.#think(text),
      inBlock: () => this.#fences.inBlock,
      orphan: () => this.#orphan(),
    });
  }

  /** All that was written was thought: it is taken back, and told as such. */
  #orphan(): void {
    const written = this.#written;
    this.#shut();
    if (this.#emitted) this.#to.onVoid("what was said so far was the model's thought");
    this.#fences = this.#newFences();
    this.#left = undefined;
    this.#written = "";
    this.#emitted = false;
    this.said = false;
    this.#think(written);
  }

  #think(text: string): void {
    if (text !== "") this.#to.emit("reasoning-delta", { text });
  }

  #pieces(given: readonly AnswerPiece[]): void {
    let pieces = given;
    if (this.#held !== undefined) {
      this.#held.push(...given);
      if (!given.some(({ kind }) => kind === "code-end")) return;
      pieces = this.#held;
      this.#held = undefined;
    }
    for (const piece of pieces) {
      switch (piece.kind) {
        case "text":
          if (this.#open !== "text") {
            this.#shut();
            this.#to.emit("text-start", {});
            this.#open = "text";
          }
          this.#to.emit("text-delta", { text: piece.text });
          this.#emitted = true;
          this.said ||= piece.text.trim() !== "";
          break;
        case "code-start":
          this.#shut();
          this.#startCode(piece.language);
          break;
        case "code":
          this.#code(piece.text);
          break;
        case "code-end":
          this.#shut();
          break;
      }
    }
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#pieces(held);
  }

  #startCode(language: string): void {
    this.#to.emit("code-start", { language });
    this.#open = "code";
    this.#emitted = true;
    this.said = true;
    this.#to.onCode();
  }

  #code(text: string): void {
    if (text !== "") this.#to.emit("code-delta", { text });
  }

  #shut(): void {
    if (this.#open === "text") this.#to.emit("text-end", {});
    if (this.#open === "code") this.#to.emit("code-end", {});
    this.#open = undefined;
  }
}
