/** Languages that a block may name; those that the host's instructions ask for. */
const languages = ["python", "javascript", "bash"];

/**
 * Rules in GBNF, llama.cpp's notation (grammars/README.md there). Three backticks stand nowhere but in a fence, so that
 * no line of code closes its block early; `start` keeps lines of prose from being anything that is read as code: a
 * fence of tildes or quotes, a tag, an object.
 */
const rules = [
  'block ::= "```" language "\\n" program',
  `language ::= ${languages.map((language) => `"${language}"`).join(" | ")}`,
  'program ::= code+ "```" "\\n"?',
  'code ::= piece* ticks? "\\n"',
  'line ::= [ \\t]* "\\n" | said "\\n"',
  "said ::= [ \\t]* start piece* ticks?",
  'start ::= [^ \\t\\r\\n`~<{\'] | "`" [^`\\n]',
  'piece ::= [^`\\n] | "`" [^`\\n] | "``" [^`\\n]',
  'ticks ::= "`" | "``"',
];

const roots = {
  /** Prose, a block after it or instead of it, and nothing after the block. */
  end: "root ::= line* (said | block)",
  /** The rest of a block whose first line is there. */
  code: "root ::= program",
  /** The rest of a sentence that is there, and more lines of prose. */
  prose: 'root ::= piece* ticks? ("\\n" ([ \\t]* | said))*',
};

/** What an answer may consist of: see `Prompt.until`. */
export function codeGrammar(until: keyof typeof roots): string {
  return `${[roots[until], ...rules].join("\n")}\n`;
}

/** What closes the block that an answer was cut off in; nothing where none is open. */
export function closingOf(answer: string): string {
  const fences = answer.split("```").length - 1;
  if (fences % 2 === 0) return "";
  const begun = /\n(`{1,2})$/.exec(answer)?.[1];
  if (begun !== undefined) return `${"`".repeat(3 - begun.length)}\n`;
  return `${answer.endsWith("\n") ? "" : "\n"}\`\`\`\n`;
}
