/** What the fields of the tool `execute` have given so far. */
type Field = "language" | "code";

/**
 * Reads `{"language": ..., "code": ...}` while it is being written, split wherever a provider splits it. Gives the code
 * out as it comes. Code that comes before its language is held back until the language is known.
 */
export class ToolArguments {
  #state: "start" | "key" | "colon" | "value" | "skip" | "string" | "comma" | "end" | "broken" = "start";
  #key = "";
  /** Text of the string under way, where it is not code. */
  #text = "";
  #inKey = false;
  /** An escape that was begun: a backslash and up to five characters. */
  #escape = "";
  #depth = 0;
  #quoted = false;
  #fields = new Map<Field, string>();
  #held = "";
  #released = false;

  /** Undefined until its string has ended. */
  get language(): string | undefined {
    return this.#fields.get("language");
  }

  /** Whether the object has been closed. */
  get ended(): boolean {
    return this.#state === "end";
  }

  /** Takes the next piece of JSON and returns the code that can go on. */
  write(delta: string): string {
    let at = 0;
    while (at < delta.length) at = this.#state === "string" ? this.#readString(delta, at) : this.#readMark(delta, at);
    return this.#release(false);
  }

  /** No more comes: returns what was held back. */
  end(): string {
    return this.#release(true);
  }

  #release(all: boolean): string {
    if (!all && !this.#released && this.language === undefined) return "";
    this.#released = true;
    const code = this.#held;
    this.#held = "";
    return code;
  }

  #readMark(delta: string, at: number): number {
    const character = delta[at] ?? "";
    if (this.#state === "skip") return this.#skip(character, at);
    if (/\s/.test(character)) return at + 1;
    if (this.#state === "start" && character === "{") this.#state = "key";
    else if (this.#state === "key" && character === '"') this.#beginString(true);
    else if (this.#state === "key" && character === "}") this.#state = "end";
    else if (this.#state === "colon" && character === ":") this.#state = "value";
    else if (this.#state === "value" && character === '"') this.#beginString(false);
    else if (this.#state === "value") {
      this.#state = "skip";
      return at;
    } else if (this.#state === "comma" && character === ",") this.#state = "key";
    else if (this.#state === "comma" && character === "}") this.#state = "end";
    else if (this.#state !== "end") this.#state = "broken";
    return at + 1;
  }

  /** Passes over a number, a literal, an array or an object. */
  #skip(character: string, at: number): number {
    if (this.#quoted) {
      if (this.#escape !== "") this.#escape = "";
      else if (character === "\\") this.#escape = character;
      else if (character === '"') this.#quoted = false;
      return at + 1;
    }
    if (this.#depth === 0 && (character === "," || character === "}")) {
      this.#state = "comma";
      return at;
    }
    if (character === '"') this.#quoted = true;
    else if (character === "{" || character === "[") this.#depth += 1;
    else if (character === "}" || character === "]") this.#depth -= 1;
    return at + 1;
  }

  #beginString(key: boolean): void {
    this.#inKey = key;
    this.#text = "";
    this.#state = "string";
  }

  #readString(delta: string, at: number): number {
    if (this.#escape !== "") return this.#readEscape(delta, at);
    let end = at;
    while (end < delta.length && delta[end] !== '"' && delta[end] !== "\\") end += 1;
    this.#add(delta.slice(at, end));
    if (delta[end] === '"') this.#endString();
    else if (delta[end] === "\\") this.#escape = "\\";
    return end + 1;
  }

  #readEscape(delta: string, at: number): number {
    this.#escape += delta[at] ?? "";
    const kind = this.#escape[1];
    if (kind === "u" && this.#escape.length < 6) return at + 1;
    this.#add(
      kind === "u"
        ? String.fromCharCode(Number.parseInt(this.#escape.slice(2), 16))
        : (plain[kind ?? ""] ?? kind ?? ""),
    );
    this.#escape = "";
    return at + 1;
  }

  #add(text: string): void {
    if (!this.#inKey && this.#key === "code") this.#held += text;
    else this.#text += text;
  }

  #endString(): void {
    if (this.#inKey) {
      this.#key = this.#text;
      this.#state = "colon";
      return;
    }
    if (this.#key === "language") this.#fields.set("language", this.#text.trim().toLowerCase());
    this.#state = "comma";
  }
}

const plain: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
