import { languageOf } from "../kit/text/code-language.ts";
import { callRemains } from "./call-syntax.ts";
import { CalledCode } from "./called-code.ts";
import type { AnswerPiece, TextCalls } from "./pieces.ts";

/** A call in the text as the pieces that it is: a block of code, or the text that it stays. */
export class WrittenCall {
  readonly #code = new CalledCode();
  /** The line that began the block it stands in, which it fills. */
  readonly #first: string | undefined;
  readonly #calls: TextCalls;
  #raw = "";
  #begun = false;

  constructor(first: string | undefined, calls: TextCalls) {
    this.#first = first;
    this.#calls = calls;
  }

  get ended(): boolean {
    return this.#code.ended;
  }

  /** Why it is nothing to run. */
  get fault(): string | undefined {
    if (this.#code.fault !== undefined) return this.#code.fault;
    return this.#calls === "tell" ? "it stands in the text, where calls are not taken" : undefined;
  }

  /** What is left behind after it, which is no text; nothing where it stays text. */
  get remains(): RegExp | undefined {
    return this.#begun ? callRemains(this.#first !== undefined) : undefined;
  }

  /** Takes more text; what comes after the call is given back. */
  write(text: string): { readonly pieces: readonly AnswerPiece[]; readonly rest: string } {
    const { code, rest } = this.#code.write(text);
    this.#raw += text.slice(0, text.length - rest.length);
    return { pieces: this.#pieces(code), rest };
  }

  /** The call, or the answer, is over. */
  end(): AnswerPiece[] {
    const pieces = this.#pieces(this.#code.end());
    return [...pieces, this.#begun ? { kind: "code-end" } : { kind: "text", text: (this.#first ?? "") + this.#raw }];
  }

  #pieces(code: string): AnswerPiece[] {
    if (code === "" || this.#calls === "tell") return [];
    const piece: AnswerPiece = { kind: "code", text: code };
    if (this.#begun) return [piece];
    this.#begun = true;
    const language = languageOf(this.#code.language ?? "", code.split("\n", 1)[0] ?? "", "python");
    return [{ kind: "code-start", language }, piece];
  }
}
