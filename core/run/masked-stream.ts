import { known, type SecretMask } from "../config/report/mask.ts";
import type { Emission } from "../contract/event.ts";
import { rememberDataJson } from "../kit/events/data-json.ts";
import { knownDataJson } from "../kit/untrusted/known-json.ts";

/** Events that are pieces of one text: a secret may begin in one and end in the next. */
const pieces = new Set<Emission["type"]>([
  ...(["text-delta", "reasoning-delta", "code-delta", "exec-stdout", "exec-stderr"] as const),
]);

type Piece = Extract<Emission, { data: { text?: string } }> & { readonly data: { readonly text: string } };

/** Where one text stands: the end of it that is held back because a secret may begin there, and what was told before. */
interface OutputBuffer {
  readonly piece: Piece;
  readonly text: string;
  /** The last characters that were told, as they were. */
  readonly told: string;
}

const nothing = { text: "", told: "" };
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * What one run tells, with secrets masked, those that come in pieces included. An end of a text that may begin a secret
 * waits for the next piece, or for the end.
 */
export class MaskedStream {
  readonly #mask: SecretMask;
  readonly #held = new Map<string, OutputBuffer>();

  constructor(mask: SecretMask) {
    this.#mask = mask;
  }

  /** What was held back and must be told before this. */
  before(emission: Emission): readonly Emission[] {
    if (this.#held.size === 0 || (pieces.has(emission.type) && isText(emission))) return [];
    const due: Emission[] = [];
    for (const [key, { piece, text, told }] of this.#held) {
      const ends = emission.type === "run-end" || emission.branch === piece.branch;
      if (!ends) continue;
      this.#held.delete(key);
      if (text !== "") due.push(withText(piece, this.#mask.after(told + text, told.length), 0));
    }
    return due;
  }

  /** Events that are held back and come before the next one of this kind, in their order. */
  due(emission: Pick<Emission, "type" | "branch">): number {
    if (pieces.has(emission.type)) return 0;
    let count = 0;
    for (const { piece, text } of this.#held.values()) if (text !== "" && piece.branch === emission.branch) count += 1;
    return count;
  }

  /** The event as it may be told; undefined when all of it is held back. */
  pass(emission: Emission): Emission | undefined {
    if (this.#mask.empty) return emission;
    if (!pieces.has(emission.type) || !isText(emission)) {
      return this.#whole(emission);
    }
    const key = `${emission.source}\n${emission.branch ?? ""}\n${emission.type}`;
    const before = this.#held.get(key);
    const { text: held, told } = before ?? nothing;
    if (held === "" && this.#mask.isClear(told, emission.data.text)) {
      const last = (told + emission.data.text.slice(1 - known)).slice(1 - known);
      this.#held.set(key, { piece: before?.piece ?? (withText(emission, "", 0) as Piece), text: "", told: last });
      return emission;
    }
    const whole = told + held + emission.data.text;
    const wait = Math.min(this.#mask.tail(whole), whole.length - told.length);
    const now = whole.slice(0, whole.length - wait);
    const back = Buffer.byteLength(held);
    const rest = withText(emission, "", Buffer.byteLength(now.slice(told.length)) - back) as Piece;
    this.#held.set(key, { piece: rest, text: whole.slice(now.length), told: now.slice(1 - known) });
    if (now.length === told.length && whole.length > told.length) return undefined;
    return withText(emission, this.#mask.after(now, told.length), -back);
  }

  /** Searched as the JSON that is needed anyway: a walk through a large value costs many times as much. */
  #whole(emission: Emission): Emission {
    const known = knownDataJson(emission.data);
    const json = known === undefined ? JSON.stringify(emission.data) : decoder.decode(known);
    if (this.#mask.isClearJson(json)) {
      if (known === undefined) rememberDataJson(emission.data, json);
      return emission;
    }
    return { ...emission, data: this.#mask.value(emission.data) } as Emission;
  }
}

function isText(emission: Emission): emission is Piece {
  return typeof (emission.data as { text?: unknown }).text === "string";
}

/** The piece with another text, so many bytes further on in its stream. */
function withText(piece: Piece, text: string, bytes: number): Emission {
  const { data } = piece;
  const offset = "offset" in data ? { offset: data.offset + bytes } : {};
  return { ...piece, data: { ...data, text, ...offset } } as Emission;
}
