/**
 * The words of a search, in small letters: what stands between two quotes is one of them, with its blanks. A quote
 * without another one is a character as any other.
 */
export function searchWords(text: string): readonly string[] {
  const words = text.toLowerCase().match(/"[^"]+"(?=\s|$)|\S+/g) ?? [];
  return words.map((word) => (/^"[^"]+"$/.test(word) ? word.slice(1, -1) : word));
}
