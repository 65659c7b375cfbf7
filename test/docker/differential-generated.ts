import fc from "fast-check";
import type { Program } from "./differential-kit.ts";

const SEED = 20_261_128;
const PROGRAMS = 10;
const STATEMENTS = 25;

/** Values as literals of a language, and how two of them are joined. */
interface Grammar {
  readonly literals: readonly string[];
  readonly operators: readonly string[];
  readonly wrappers: readonly string[];
}

const python: Grammar = {
  literals: ["0", "-7", "2**70", "1.5", "float('nan')", "'é\\n'", "b'\\xff'", "[1, [2]]", "(1,)", "{'a': 1}", "None"],
  operators: ["+", "*", "//", "%", "==", "<", "in", "and", "or", "-"],
  wrappers: [
    "repr(X)",
    "len(X)",
    "[X for _ in range(2)]",
    "str(X)[::-1]",
    "sorted(X)",
    "f'{X!r:>9}'",
    "(lambda v: v)(X)",
  ],
};
const javascript: Grammar = {
  literals: ["0", "-7", "2n ** 70n", "1.5", "NaN", "'é\\n'", "[1, [2]]", "({ a: 1 })", "null", "undefined", "/x/g"],
  operators: ["+", "*", "%", "==", "<", "in", "&&", "??", ">>>", "instanceof"],
  wrappers: ["String(X)", "[X, X]", "typeof (X)", "JSON.stringify(X)", "[...X]", "new Map([[1, X]])", "((v) => v)(X)"],
};
const bash: Grammar = {
  literals: ["0", "-7", "08", "'a b'", '"$v"', '"${a[@]}"', "$((v + 3))", "$(echo sub)", "{x,y}{1..3}", "~", "*"],
  operators: [" ", "; echo ", " | cat; echo ", " && echo ", " || echo ", " > /dev/null; echo ", " >&2; echo "],
  wrappers: ["X", '"${v:-X}"', "$(printf '%s|' X)", "$(( X + 1 ))", '"$(echo X | wc -c)"', "`echo X`"],
};

/** The same programs at every run: what they do not think of themselves, the hand-written ones do. */
export function generate(): readonly Program[] {
  return [
    ...programs("py", python, (expression) => `try: print(${expression})\nexcept Exception as e: print(type(e), e)`),
    ...programs(
      "js",
      javascript,
      (expression) => `try { console.log(${expression}); } catch (e) { console.log(String(e)); }`,
    ),
    ...programs("sh", bash, (words) => `v=5; a=(1 'two 3'); echo ${words}; echo $?`),
  ];
}

function programs(ending: string, grammar: Grammar, line: (expression: string) => string): readonly Program[] {
  const lines = fc.sample(expressions(grammar, ending === "sh").map(line), {
    seed: SEED,
    numRuns: PROGRAMS * STATEMENTS,
  });
  return Array.from({ length: PROGRAMS }, (_, at) => ({
    name: `generated-${at}.${ending}`,
    code: `${lines.slice(at * STATEMENTS, (at + 1) * STATEMENTS).join("\n")}\n`,
  }));
}

function expressions({ literals, operators, wrappers }: Grammar, bare: boolean): fc.Arbitrary<string> {
  return fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(...literals),
      fc
        .tuple(tie("tree"), fc.constantFrom(...operators), tie("tree"))
        .map(([left, operator, right]) => (bare ? `${left}${operator}${right}` : `(${left} ${operator} ${right})`)),
      // A function, since `$` in the text means itself.
      fc
        .tuple(fc.constantFrom(...wrappers), tie("tree"))
        .map(([wrapper, inner]) => wrapper.replaceAll("X", () => inner)),
    ),
  })).tree;
}
