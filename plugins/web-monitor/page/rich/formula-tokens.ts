import type { TokenizerAndRendererExtension } from "marked";

/** A formula in LaTeX within Markdown. */
export interface FormulaToken {
  readonly type: "formula";
  readonly raw: string;
  readonly text: string;
  /** Whether it takes lines of its own. */
  readonly isDisplayed: boolean;
}

/** Between two dollars: what begins or ends with a blank, has code in it, or is followed by a digit, is a price. */
const inDollars = /^\$(?=[^\s$`])((?:\\.|[^$\\\n`]){1,1000}?)(?<=\S)\$(?![\d$])/;

const places: readonly (readonly [RegExp, isDisplayed: boolean])[] = [
  [/^\$\$([^$]{1,20000}?)\$\$/, true],
  [/^\\\[([\s\S]{1,20000}?)\\\]/, true],
  [/^\\\(([\s\S]{1,20000}?)\\\)/, false],
  [inDollars, false],
];

function read(source: string, isBlock: boolean): FormulaToken | undefined {
  for (const [pattern, isDisplayed] of places) {
    const [raw, text] = pattern.exec(source) ?? [];
    if (raw === undefined || text === undefined || text.trim() === "") continue;
    // A block stands alone: what goes on in its line is a paragraph with a formula in it.
    if (isBlock && !(isDisplayed && /^[ \t]*(\n|$)/.test(source.slice(raw.length)))) continue;
    return { type: "formula", raw, text, isDisplayed };
  }
  return undefined;
}

/** Formulas as models write them; Markdown itself would take their backslashes and underscores away. */
export const formulas: TokenizerAndRendererExtension[] = [
  {
    name: "formula",
    level: "block",
    start: (source) => /^(\$\$|\\\[)/m.exec(source)?.index,
    tokenizer: (source) => read(source, true),
  },
  {
    name: "formula",
    level: "inline",
    start: (source) => /\$|\\[[(]/.exec(source)?.index,
    tokenizer: (source) => read(source, false),
  },
];
