import type { RunEvent } from "../../core/contract/index.ts";
import { SettledEvents, settledParts, type Transcript, TranscriptText } from "../../core/kit/index.ts";

/** A piece of the answer, or the news that what was said before is void. */
export type AnswerTextPiece =
  | { readonly kind: "text" | "reasoning"; readonly text: string }
  | { readonly kind: "void" };

export interface AnswerStreamItem {
  readonly content: string;
  readonly reasoning: string;
}

/**
 * Turns a run's events into one text while they come. Branches come whole, each when it has ended well: what a race's
 * losers said is no answer, and two answers at once cannot be read.
 */
export class AnswerStream {
  readonly #text: TranscriptText;
  readonly #settled = new SettledEvents<RunEvent>();

  constructor(show: "all" | "text") {
    this.#text = new TranscriptText({ show, fencedOutput: true });
  }

  read(event: RunEvent): readonly AnswerTextPiece[] {
    return this.#settled.read(event).flatMap((settled): readonly AnswerTextPiece[] => {
      if (settled.type === "rewind") return [{ kind: "void" }];
      if (settled.type === "reasoning-delta") return [{ kind: "reasoning", text: settled.data.text }];
      return this.#text.read(settled).map(({ text }) => ({ kind: "text", text }));
    });
  }
}

/** The answer of a transcript that is complete. */
export function answerOf({ root }: Transcript, show: "all" | "text"): AnswerStreamItem {
  const text = new TranscriptText({ show, fencedOutput: true });
  const parts = settledParts(root);
  const reasoning = parts.flatMap((part) => ("kind" in part && part.kind === "reasoning" ? [part.text] : []));
  return { content: parts.map((part) => text.part(part)).join(""), reasoning: reasoning.join("") };
}
