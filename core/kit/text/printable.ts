/**
 * Controls, invisible characters and those that turn the direction of text, alone surrogates too: whatever a terminal
 * obeys, and whatever makes a line read otherwise than it is. An emoji keeps its joiners and its variants.
 */
const unprintable =
  /(?!\uFE0E|\uFE0F)(?!(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F)\u200D(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/**
 * A text of a model, a program or another host as one line of ours: what could act on a terminal is written out, such
 * as `\x1b` or `\u202e`. Every line that we print ourselves passes its foreign parts through this; a program's own
 * output does not, since it is the program's.
 */
export function printable(text: string): string {
  return text.replace(unprintable, written);
}

/** The same over several lines: ends of lines and tabs stay. */
export function printableLines(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(unprintable, (character) => (/[\t\n]/.test(character) ? character : written(character)));
}

/** One sign for each of them, so that columns stay where they are; tabs stay. For frames around a place in a text. */
export function printableColumns(text: string): string {
  return text.replace(unprintable, (character) => (character === "\t" ? character : "\uFFFD".repeat(character.length)));
}

/** JSON of one line in which nothing acts on a terminal either; it means the same. */
export function printableJson(value: unknown): string {
  return (JSON.stringify(value) ?? "null").replace(unprintable, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function written(character: string): string {
  const name = named[character];
  if (name !== undefined) return name;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
