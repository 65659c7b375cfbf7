/** How calls begin that models write into their text, as they were taught by other systems; blanks left out. */
const literal = [
  "functions.execute(",
  "<tool_call>",
  "<tool_calls>",
  "<function_call>",
  "<function_calls>",
  "<function=",
  "<invokename=",
  "[TOOL_CALLS]",
  "<|python_tag|>",
  '{"language":',
  '{"code":',
];
const named = /^\[?\{"(?:type":"function",")?(?:name|function)":"[\w.]+","(?:arguments|parameters)":/;
const partOfNamed = /^\[?(?:\{(?:"[\w.]{0,60}"[:,]){0,4}(?:"[\w.]{0,60}"?)?)?$/;

/** Whether a text begins a call. It may have begun lines ago, as JSON that is set out over several lines. */
export function isCallStart(text: string): boolean {
  const bare = withoutBlanks(text);
  return literal.some((start) => bare.startsWith(start)) || named.test(bare);
}

/** Whether a text may still become the beginning of a call. */
export function mayBeCall(text: string): boolean {
  const bare = withoutBlanks(text);
  if (bare === "" || bare.length > 200) return false;
  return literal.some((start) => start.length > bare.length && start.startsWith(bare)) || partOfNamed.test(bare);
}

/** What a call leaves behind its arguments: brackets, a closing tag, and the fence it stood in. */
export function callRemains(fenced: boolean): RegExp {
  // No two parts that follow each other share a character: each text is read in one way alone.
  return fenced ? /^[\s)}\];,]*(?:<[\w|/]*>?[\s`~]*|[`~][\s`~]*)?$/ : /^[\s)}\];,]*(?:<[\w|/]*>?\s*)*$/;
}

/** Only the beginning matters: all else would cost as much as the text is long. */
function withoutBlanks(text: string): string {
  return text.slice(0, 1_000).replaceAll(/\s+/g, "");
}
