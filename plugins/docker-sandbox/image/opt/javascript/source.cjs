"use strict";
// A cell as V8's own console mode takes it: imports and exports become words that a script may use. Names may be
// declared again in a later cell. Everything is found by acorn, and stays on its line.
const { Parser } = require("acorn");
const { Rewriting } = require("./rewriting.cjs");

const OPTIONS = {
  ecmaVersion: "latest",
  sourceType: "script",
  allowImportExportEverywhere: true,
  allowAwaitOutsideFunction: true,
  allowHashBang: true,
  ranges: true,
};

class Reader extends Parser {
  /** At the top level as well. */
  get allowUsing() {
    return true;
  }
}

/** A cell that begins with a brace is an expression where it can be, as in Node's console. */
function objectOf(code) {
  if (!/^\s*\{/.test(code) || /;\s*$/.test(code)) return undefined;
  try {
    const expression = Reader.parseExpressionAt(code, 0, OPTIONS);
    if (Reader.parse(code.slice(expression.end), OPTIONS).body.length === 0) {
      const { start, end } = expression;
      return { type: "Program", start, end, body: [{ type: "ExpressionStatement", start, end, expression }] };
    }
  } catch {}
  return undefined;
}

/** The text with its edits, and what they moved. */
function compose(code, edits) {
  const moves = [];
  let [output, at, line, begin] = ["", 0, 1, 0];
  const put = (text) => {
    for (let next = text.indexOf("\n"); next >= 0; next = text.indexOf("\n", next + 1)) {
      line += 1;
      begin = output.length + next + 1;
    }
    output += text;
  };
  for (const { start, end, text } of [...edits].sort((left, right) => left.start - right.start)) {
    put(code.slice(at, start));
    const by = text.length - (end - start);
    if (by !== 0 && !text.includes("\n")) moves.push({ line, column: output.length - begin, by });
    put(text);
    at = end;
  }
  put(code.slice(at));
  return { moves, output };
}

class Source {
  #name;
  /** What each name of the session is to V8: `let`, for `const` and `class` too, or `var`, for functions too. */
  #kinds = new Map();
  /** Names whose latest declaration is a constant's. */
  #constants = new Set();
  /** For each cell: where its columns moved, and by how much. */
  #moves = new Map();
  #complaint;
  /** The cell that was rewritten last, until it is known whether V8 has taken it. */
  #cell;
  /** Names that have to be there, and without a failed declaration, before the cell that was rewritten last. */
  taken = [];

  constructor(name) {
    this.#name = name;
  }

  /** The column as the cell's writer counts, from V8's; both from 0, lines from 1. Within a text of ours it is its begin. */
  column(number, line, column) {
    const before = (this.#moves.get(number) ?? []).filter((move) => move.line === line && move.column <= column);
    return before.reduce((sum, move) => sum - Math.min(move.by, column - move.column), column);
  }

  /** V8 did not take the cell that was rewritten last, which declares nothing. Returns what acorn could not read of it. */
  refuse() {
    this.#cell = undefined;
    return this.#complaint;
  }

  rewrite(given, number) {
    const gate = `await ${this.#name}.gate();`;
    this.#cell?.accept();
    this.#cell = undefined;
    this.#complaint = undefined;
    this.taken = [];
    const whole = (before, text, edits = []) => {
      const { moves, output } = compose(text, [{ start: 0, end: 0, text: before }, ...edits]);
      this.#moves.set(number, moves);
      return `${output}\n//# sourceURL=cell-${number}.js`;
    };
    // What is a comment at the beginning of a text alone, where the gate is going to stand.
    const code = given.replace(/^\uFEFF/, "").replace(/^#!|^((?:\s|\/\*.*?\*\/)*)--(?=>)/s, "$1//");
    const cell = new Rewriting(code, this.#name, this.#kinds, this.#constants);
    let program;
    let edits;
    try {
      program = objectOf(code) ?? Reader.parse(code, OPTIONS);
      edits = cell.rewrite(program);
    } catch (error) {
      const { line, column } = error.loc ?? { line: 1, column: 0 };
      const message = error.message.replace(/ \(\d+:\d+\)$/, "");
      this.#complaint = { message, name: "SyntaxError", lineNumber: line - 1, columnNumber: column };
      // V8 alone knows what is wrong, in strict code as well. What its console reads of private fields is no script's.
      if (message.startsWith("Private field")) return whole("import ", code);
      return whole(/^\s*(["'])use strict\1/.test(code) ? `"use strict"; ${gate}` : gate, code);
    }
    const strict = program.body.some(({ directive }) => directive === "use strict") ? '"use strict"; ' : "";
    const before = strict + gate + cell.prelude(number);
    this.taken = cell.taken();
    this.#cell = cell;
    return whole(before, code, edits);
  }
}

module.exports = { Source };
