import type { EmissionOf, EventType } from "../contract/event.ts";
import type { ModelEvent } from "../contract/model.ts";
import { FenceReader, type Piece } from "./fences.ts";

type Emit = <Type extends EventType>(type: Type, data: EmissionOf<Type>["data"]) => void;

/** Brackets deltas: every `text-delta` stands between `text-start` and `text-end`, and so does code. */
export class AnswerWriter {
  characters = 0;
  readonly #emit: Emit;
  readonly #onCode: () => void;
  readonly #repair: boolean;
  #fences: FenceReader;
  #open: "text" | "code" | undefined;
  /** Index of the tool call whose code is under way. */
  #call: number | undefined;

  /** `codeWanted`: whether a sandbox follows, so that slips of form are repaired. */
  constructor(emit: Emit, codeWanted: boolean, onCode: () => void) {
    this.#emit = emit;
    this.#repair = codeWanted;
    this.#fences = new FenceReader({ repair: codeWanted });
    this.#onCode = onCode;
  }

  write(event: Extract<ModelEvent, { text: string }>): void {
    if (event.type === "reasoning-delta") {
      if (event.text !== "") this.#emit("reasoning-delta", { text: event.text });
      return;
    }
    this.characters += event.text.length;
    if (event.type === "code-delta") {
      if (this.#call !== event.index) {
        this.#pieces(this.#fences.end());
        this.#shut();
        this.#call = event.index;
        this.#startCode(event.language);
      }
      if (event.text !== "") this.#emit("code-delta", { text: event.text });
      return;
    }
    this.#endCall();
    this.#pieces(this.#fences.write(event.text));
  }

  close(): void {
    this.#endCall();
    this.#pieces(this.#fences.end());
    this.#fences = new FenceReader({ repair: this.#repair });
    this.#shut();
  }

  #endCall(): void {
    if (this.#call === undefined) return;
    this.#call = undefined;
    this.#shut();
  }

  #pieces(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      switch (piece.kind) {
        case "text":
          if (this.#open !== "text") {
            this.#shut();
            this.#emit("text-start", {});
            this.#open = "text";
          }
          this.#emit("text-delta", { text: piece.text });
          break;
        case "code-start":
          this.#shut();
          this.#startCode(piece.language);
          break;
        case "code":
          this.#emit("code-delta", { text: piece.text });
          break;
        case "code-end":
          this.#shut();
          break;
      }
    }
  }

  #startCode(language: string): void {
    this.#emit("code-start", { language });
    this.#open = "code";
    this.#onCode();
  }

  #shut(): void {
    if (this.#open === "text") this.#emit("text-end", {});
    if (this.#open === "code") this.#emit("code-end", {});
    this.#open = undefined;
  }
}
