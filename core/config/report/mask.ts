import { mask } from "../read/masking.ts";
import { FormSearch } from "./form-search.ts";
import { formsOf } from "./secret-forms.ts";

/** Characters by which the beginning of a secret is known; so much of one may be told before the rest of it is masked. */
export const known = 3;
/** Characters of a text from where a table to search it is worth being made. */
const longText = 1024;

/**
 * Takes secrets out of texts, in every form that is likely: one for a whole host, told of each secret as it becomes known.
 * Its cost grows with the length of a text alone.
 */
export class SecretMask {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;
  /** The forms, by how they begin. */
  #beginnings = new Map<string, string[]>();
  #longest = 0;
  /** Made of this one, while they are in use. */
  #wider: WeakRef<SecretMask>[] = [];
  /** 1 where a form begins with a character of these low eight bits: a look at it spares most others. */
  #firsts = new Uint8Array(256);
  /** Made for the first long text. */
  #search: FormSearch | undefined;
  /** The same for JSON, in which a form may be written in two ways. */
  #jsonSearch: FormSearch | undefined;

  constructor(secrets: Iterable<string> = []) {
    this.learn(secrets);
  }

  get empty(): boolean {
    return this.#pattern === undefined;
  }

  /** A mask that knows these as well, and whatever this one learns later. */
  with(secrets: Iterable<string>): SecretMask {
    const wider = new SecretMask(secrets);
    wider.#add(this.#forms);
    this.#wider.push(new WeakRef(wider));
    return wider;
  }

  learn(given: Iterable<string>): void {
    const secrets = [...given];
    this.#add(secrets.flatMap(formsOf));
    this.#wider = this.#wider.filter((each) => each.deref() !== undefined);
    for (const each of this.#wider) each.deref()?.learn(secrets);
  }

  #add(forms: Iterable<string>): void {
    const before = this.#forms.size;
    for (const form of forms) this.#forms.add(form);
    if (this.#forms.size === before) return;
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(longestFirst.map(escaped).join("|"), "g");
    this.#longest = longestFirst[0]?.length ?? 0;
    this.#beginnings = Map.groupBy(longestFirst, (form) => form.slice(0, known));
    this.#search = undefined;
    this.#jsonSearch = undefined;
    this.#firsts = new Uint8Array(256);
    for (const form of longestFirst) this.#firsts[form.charCodeAt(0) & 0xff] = 1;
  }

  /** The text with `***` for each secret, the longest first. */
  text(text: string, by: (secret: string) => string = () => mask): string {
    return this.#pattern === undefined || !this.#finds(text) ? text : text.replace(this.#pattern, by);
  }

  /**
   * Whether a text that follows `before` may be told as it is: no secret is in it, none ends in it that began before it,
   * and none may begin at its end. Most of what programs say is clear, and this copies nothing of it.
   */
  isClear(before: string, text: string): boolean {
    const longest = this.#longest;
    if (this.empty) return true;
    if (text.length < longest) {
      const whole = before + text;
      return !this.#finds(whole) && this.tail(whole) === 0;
    }
    const seam = before === "" ? "" : before + text.slice(0, longest);
    return !this.#finds(seam) && this.tail(text.slice(-longest)) === 0 && !this.#finds(text);
  }

  /** The text after its first `told` characters, masked; of a secret that began in those, the rest is masked too. */
  after(text: string, told: number): string {
    if (this.#pattern === undefined) return text.slice(told);
    let shown = "";
    let at = told;
    for (const { index, 0: secret } of text.matchAll(this.#pattern)) {
      if (index + secret.length <= told) continue;
      shown += `${text.slice(at, Math.max(at, index))}${mask}`;
      at = index + secret.length;
    }
    return shown + text.slice(at);
  }

  /** A copy of plain data with every text masked, and every name in it: a program names the parts of its results. */
  value(value: unknown): unknown {
    if (this.empty) return value;
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== "object" || value === null) return value;
    const masked: [string, unknown][] = [];
    const names = new Set<string>();
    for (const [key, item] of Object.entries(value)) {
      let name = this.text(key);
      // Two names with secrets in them may have become one.
      while (names.has(name)) name += "*";
      names.add(name);
      masked.push([name, this.value(item)]);
    }
    return Object.fromEntries(masked);
  }

  /**
   * Whether the value of a JSON text has no secret in any text or name. It may say no where there is none, and the value
   * is then walked. A secret may not hide: JSON escapes each character by itself.
   */
  isClearJson(json: string): boolean {
    if (this.empty) return true;
    this.#jsonSearch ??= new FormSearch([
      ...new Set([...this.#forms].flatMap((form) => [form, JSON.stringify(form).slice(1, -1)])),
    ]);
    return !this.#jsonSearch.finds(json);
  }

  /** Whether any secret is in a text; nearly always there is none. */
  #finds(text: string): boolean {
    const pattern = this.#pattern;
    if (pattern === undefined) return false;
    if (text.length >= longText) {
      this.#search ??= new FormSearch([...this.#forms]);
      return this.#search.finds(text);
    }
    const found = pattern.test(text);
    // The pattern is global, and would go on from here.
    pattern.lastIndex = 0;
    return found;
  }

  /** How much of the end of a text may begin a secret, and must wait for what follows. */
  tail(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at + known <= text.length; at += 1) {
      if (this.#firsts[text.charCodeAt(at) & 0xff] === 0) continue;
      const forms = this.#beginnings.get(text.slice(at, at + known));
      if (forms?.some((form) => form.startsWith(text.slice(at)))) return text.length - at;
    }
    return 0;
  }
}

/** A function that replaces every secret in a text by `***`. Without secrets it gives the text back as it is. */
export function createMasker(secrets: readonly string[]): (text: string) => string {
  const masks = new SecretMask(secrets);
  return (text) => masks.text(text);
}

/** The same, keeping every column where it is: one `*` for each character. For frames around a place. */
export function createBlotter(secrets: readonly string[]): (text: string) => string {
  const masks = new SecretMask(secrets);
  return (text) => masks.text(text, (secret) => secret.replace(/[^\n]/g, "*"));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
