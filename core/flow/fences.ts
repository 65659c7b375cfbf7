/**
 * Finds blocks of code in a model's text while it streams. Nothing is held back but the start of a line that may still
 * become a fence, so that text reaches its readers as it is received.
 */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code-start"; readonly language: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "code-end" };

/** Words after a fence that name something to read, not something to run. */
const prose = new Set(
  "text txt plaintext output console log json yaml yml toml ini csv xml html css markdown md diff mermaid sql dockerfile".split(
    " ",
  ),
);

const fence = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*$/;
const openTag = /^ {0,3}<code(?:\s+(?:lang|language)="?([\w+#.-]+)"?)?>[ \t]*$/i;
const maxFenceLine = 200;

export class FenceReader {
  readonly #defaultLanguage: string;
  /** The unfinished line so far, as far as it was held back. */
  #held = "";
  /** Whether the present line has already been let through in part. */
  #midLine = false;
  /** What closes the block we are in. */
  #closing: { readonly marker: string; readonly code: boolean } | undefined;

  constructor(defaultLanguage = "python") {
    this.#defaultLanguage = defaultLanguage;
  }

  write(text: string): Piece[] {
    const pieces: Piece[] = [];
    let rest = text;
    while (rest !== "") {
      const end = rest.indexOf("\n");
      const chunk = end < 0 ? rest : rest.slice(0, end + 1);
      rest = rest.slice(chunk.length);
      if (this.#midLine) {
        this.#pass(pieces, chunk);
        if (end >= 0) this.#midLine = false;
        continue;
      }
      this.#held += chunk;
      if (this.#held.endsWith("\n")) {
        const line = this.#held;
        this.#held = "";
        this.#line(pieces, line);
      } else if (!this.#mayBeMarker(this.#held)) {
        this.#pass(pieces, this.#held);
        this.#held = "";
        this.#midLine = true;
      }
    }
    return pieces;
  }

  /** The answer is over: a fence that was not closed is closed here. */
  end(): Piece[] {
    const pieces: Piece[] = [];
    if (this.#held !== "") {
      const line = this.#held;
      this.#held = "";
      this.#line(pieces, line);
    }
    if (this.#closing?.code) pieces.push({ kind: "code-end" });
    this.#closing = undefined;
    return pieces;
  }

  #line(pieces: Piece[], line: string): void {
    const bare = line.replace(/\r?\n$/, "");
    if (this.#closing) {
      if (this.#closes(bare)) {
        if (this.#closing.code) pieces.push({ kind: "code-end" });
        else pieces.push({ kind: "text", text: line });
        this.#closing = undefined;
        return;
      }
      this.#pass(pieces, line);
      return;
    }
    const opened = fence.exec(bare);
    const tag = opened ? null : openTag.exec(bare);
    if (!opened && !tag) {
      this.#pass(pieces, line);
      return;
    }
    const language = (opened?.[2] ?? tag?.[1] ?? "").toLowerCase() || this.#defaultLanguage;
    const code = !prose.has(language);
    this.#closing = { marker: opened?.[1] ?? "</code>", code };
    if (code) pieces.push({ kind: "code-start", language });
    else pieces.push({ kind: "text", text: line });
  }

  #closes(line: string): boolean {
    const marker = this.#closing?.marker ?? "";
    const trimmed = line.trim();
    if (marker === "</code>") return trimmed.toLowerCase() === marker;
    return trimmed.length >= marker.length && trimmed === (marker[0] ?? "").repeat(trimmed.length);
  }

  /** Whether a line that begins so may still turn out to open or close a block. */
  #mayBeMarker(start: string): boolean {
    if (start.length > maxFenceLine) return false;
    const trimmed = start.trimStart();
    if (start.length - trimmed.length > 3) return false;
    if (trimmed === "") return true;
    if (this.#closing) {
      const marker = this.#closing.marker;
      if (marker === "</code>") return marker.startsWith(trimmed.trimEnd().toLowerCase());
      return /^(`+|~+)\s*$/.test(trimmed) && trimmed[0] === marker[0];
    }
    return /^(`{1,2}|~{1,2})$/.test(trimmed) || /^(```|~~~)/.test(trimmed) || couldBeTag(trimmed);
  }

  #pass(pieces: Piece[], text: string): void {
    const kind = this.#closing?.code ? "code" : "text";
    const last = pieces.at(-1);
    if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + text };
    else pieces.push({ kind, text });
  }
}

function couldBeTag(start: string): boolean {
  const lower = start.toLowerCase();
  return "<code".startsWith(lower) || /^<code(\s[^>]*)?>?\s*$/.test(lower);
}
