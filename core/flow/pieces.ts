/** What an answer consists of, in order. */
export type AnswerPiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code-start"; readonly language: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "code-end" };

/** Code without its end. A call that stops in the middle is broken whatever the reason; a fence may be forgotten. */
export type OpenCode = "fence" | "bare" | "call";

/** What becomes of tool calls that a model writes into its text: they run as code, or the model is told. */
export type TextCalls = "run" | "tell";

/** Pieces on their way out. Neighbours of one kind are one piece. */
export class Pieces {
  #list: AnswerPiece[] = [];

  push(...pieces: readonly AnswerPiece[]): void {
    this.#list.push(...pieces);
  }

  add(kind: "text" | "code", text: string): void {
    if (text === "") return;
    const last = this.#list.at(-1);
    if (last?.kind === kind) this.#list[this.#list.length - 1] = { kind, text: last.text + text };
    else this.#list.push({ kind, text });
  }

  taken(): AnswerPiece[] {
    const list = this.#list;
    this.#list = [];
    return list;
  }
}
