import { languageOfLine } from "../kit/text/code-language.ts";

const opening =
  /^(import|from|def|class|for|while|if|try|with|const|let|var|function|async|print|console|return|raise|assert|await|@\w|#|\/\/)/;
const statement = new RegExp(
  [
    /^(import|from|def|class|for|while|if|elif|with|async|match|case)\b.*[:\w*)]$/,
    /^(else|try|finally|except.*):$/,
    /^(return|raise|assert|pass|break|continue|yield|await|del|global|nonlocal)\b/,
    /^(const|let|var|function|export)\b.*[;{}()\w'"`\],]$/,
    /^[\w$.[\]'", ]+\s*(:\s*[\w[\], .]+)?(\+|-|\*|\/|%|\||&)?=\s*\S/,
    /^[\w$.]+\(.*\)(?:\.\w+)?[;:]?$/,
    /^[\w$.]+\($/,
    /^[)\]}]+[,;)]*$/,
    /^(@|#|\/\/)/,
    /[;{]$/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** Whether an answer that begins so may turn out to be nothing but code: prose shows by its first words. */
export function mayBeginCode(start: string): boolean {
  const text = start.slice(0, 1_000).trimStart();
  if (text === "" || opening.test(text)) return true;
  return /^[A-Za-z_$][\w$.]{0,60}(\[[^\]]*\]?)?\s?$/.test(text) || /^[A-Za-z_$][\w$.[\]'", ]*(=|\()/.test(text);
}

/** What a line is shows at both of its ends; a longer one is data. */
function ends(line: string): string {
  return line.length > 1_000 ? line.slice(0, 500) + line.slice(-500) : line;
}

/** Collects lines for as long as they read as one program without any prose. */
export class BareCode {
  #text = "";
  /** Whether nothing but blanks has come. */
  isBlank = true;
  /** Brackets that are open, so that what stands in them need not look like anything. */
  #depth = 0;
  #quotes: string | undefined;
  #language: string | undefined;

  get text(): string {
    return this.#text;
  }

  /** Set as soon as a line leaves no doubt that this is code. */
  get language(): string | undefined {
    return this.#language;
  }

  /** Takes a line; false when it is none of a program. */
  take(line: string): boolean {
    const inside = this.#depth > 0 || this.#quotes !== undefined;
    const bare = line.trimEnd();
    const indented = /^\s/.test(bare) && !this.isBlank;
    if (!inside && !indented && bare !== "" && !statement.test(ends(bare))) return false;
    if (!inside) this.#language ??= languageOfLine(bare);
    this.#text += line;
    this.isBlank &&= bare === "";
    this.#measure(bare);
    return true;
  }

  #measure(line: string): void {
    for (const [mark] of line.matchAll(/"""|'''|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#.*|\/\/.*|[([{}\])]/g)) {
      if (mark === '"""' || mark === "'''") {
        if (this.#quotes === undefined) this.#quotes = mark;
        else if (this.#quotes === mark) this.#quotes = undefined;
      } else if (this.#quotes !== undefined || mark.length > 1) continue;
      else if ("([{".includes(mark)) this.#depth += 1;
      else if (")]}".includes(mark)) this.#depth = Math.max(0, this.#depth - 1);
    }
  }
}
