/** Words with an s at the end that name no number of things. */
const noPlurals = new Set(["has", "is", "was", "its", "this", "less", "as", "us", "ms", "s"]);

/** Values of texts that are words of their own: what follows is a verb, as in "{run} waits". */
const names = new Set(["flow", "id", "run", "source", "model", "winner", "path", "file", "instance", "option"]);

/** Values of texts that name one thing or several, "a, b": the verb beside them has two forms. */
const lists = ["who", "where", "names", "models", "files", "winners"];

/** Parts of a text in which a verb stands beside a value that may name several, and has one form. */
export function verbsAlone(text: string): string[] {
  const beside = new RegExp(`\\{(?:${lists.join("|")})\\} (?:is|was|has|does|[a-z]{2,}s)\\b`, "g");
  return [...text.matchAll(beside)].map(([found]) => `${text}: ${found}`);
}

/** Parts of a text that name things by their number, and have no words for one thing. */
export function pluralsAlone(text: string): string[] {
  const rest = text.replace(/\{(\w+)\|[^{}]*\}/g, "…");
  return [...rest.matchAll(/\{(\w+)\}(?: %)?((?: [a-z]+){0,3}? (\{\w+\} )?[a-z]+s)\b/g)].flatMap(
    ([found, name = ""]) => {
      const last = found.slice(found.lastIndexOf(" ") + 1);
      return names.has(name) || noPlurals.has(last) ? [] : [`${text}: ${found}`];
    },
  );
}

/** Parts of a source that put a number beside a noun, past `t`, or choose the noun themselves. */
export function numbersBeside(source: string): string[] {
  const kinds = [
    /\$\{[^{}]*\}(?: [a-z]+)? (?!is\b|was\b|has\b)[a-z]{3,}s\b(?=[^/]*`)/g,
    /[+] " [a-z]+s"/g,
    /(?<!\brate\(.*)<\/b> \{t\("[a-z]+s"\)\}/g,
    /=== 1 \? "[^"]*" : "[^"]*s"/g,
  ];
  return kinds.flatMap((kind) => [...source.matchAll(kind)].map(([found]) => found));
}
