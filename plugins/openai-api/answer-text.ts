import type { RunEvent } from "../../core/index.ts";

/** A piece of the answer, or the news that pieces from an event on are void. */
export type Piece =
  | { readonly kind: "text" | "reasoning"; readonly text: string; readonly seq: number }
  | { readonly kind: "void"; readonly from: number };

/**
 * Turns a run's events into one text. Branches come whole, each when it has ended well: what a race's losers said is
 * nobody's answer, and two answers at once cannot be read.
 */
export class AnswerText {
  readonly #all: boolean;
  readonly #branches = new Map<string, { readonly label: string; readonly pieces: Piece[] }>();

  constructor(show: "all" | "text") {
    this.#all = show === "all";
  }

  read(event: RunEvent): readonly Piece[] {
    const [top] = event.branch?.split(".") ?? [];
    if (event.type === "branch-start" && top !== undefined && event.branch === top) {
      this.#branches.set(top, { label: event.data.label, pieces: [] });
      return [];
    }
    if (event.type === "branch-end" && top !== undefined && event.branch === top) {
      return this.#ended(top, event.data.status, event.seq);
    }
    if (event.type === "rewind") return [{ kind: "void", from: event.data.from }];
    const pieces = this.#pieces(event);
    const branch = top === undefined ? undefined : this.#branches.get(top);
    if (branch === undefined) return pieces;
    branch.pieces.push(...pieces);
    return [];
  }

  #ended(top: string, status: string, seq: number): readonly Piece[] {
    const branch = this.#branches.get(top);
    this.#branches.delete(top);
    if (branch === undefined || branch.pieces.length === 0) return [];
    if (status === "won") return branch.pieces;
    if (status !== "ok") return [];
    return [{ kind: "text", text: `\n\n${branch.label}:\n`, seq }, ...branch.pieces];
  }

  #pieces({ seq, ...event }: RunEvent): Piece[] {
    if (event.type === "reasoning-delta") return [{ kind: "reasoning", text: event.data.text, seq }];
    if (event.type === "code-start" && this.#all) {
      // As models' own tokens are cut: some clients find a fence only when its language comes after it.
      return ["\n```", event.data.language, "\n"].map((text) => ({ kind: "text", text, seq }));
    }
    const text = event.type === "text-delta" ? event.data.text : this.#all ? programText(event) : undefined;
    return text === undefined ? [] : [{ kind: "text", text, seq }];
  }
}

/** Code in a fence of its language, and what it printed in one of its own. */
function programText(event: Omit<RunEvent, "seq">): string | undefined {
  const { type, data } = event as RunEvent;
  switch (type) {
    case "code-delta":
      return data.text;
    case "code-end":
      return "\n```\n";
    case "exec-start":
      return "\n```output\n";
    case "exec-stdout":
    case "exec-stderr":
      return data.text ?? "(bytes that are not text)\n";
    case "exec-result":
      return typeof data.data["text/plain"] === "string" ? `${data.data["text/plain"]}\n` : undefined;
    case "exec-end":
      return "\n```\n";
    default:
      return undefined;
  }
}
