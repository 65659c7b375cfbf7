/** Whether a JSON text is within its bounds, as far as that shows before parsing. */
export type JsonShape = "fits" | "deep" | "many" | "prototype";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
/** `[` and `{`, `]` and `}` differ by one bit. */
const caseBit = 0x20;
const open = 0x5b | caseBit;
const close = 0x5d | caseBit;

/**
 * Measures a JSON text without parsing it: one pass, no recursion, no memory. Long strings are jumped over. A text that
 * is not JSON gets some answer, and the parser refuses it.
 */
export function shapeOfJson(text: string, bounds: { readonly depth: number; readonly nodes: number }): JsonShape {
  let depth = 0;
  let nodes = 1;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === quote) {
      const end = endOfString(text, index);
      if (isPrototypeKey(text, index, end)) return "prototype";
      index = end;
    } else if (unit === comma) {
      nodes += 1;
      if (nodes > bounds.nodes) return "many";
    } else if ((unit | caseBit) === open) {
      depth += 1;
      nodes += 1;
      if (depth > bounds.depth) return "deep";
      if (nodes > bounds.nodes) return "many";
    } else if ((unit | caseBit) === close) {
      depth -= 1;
    }
  }
  return "fits";
}

/**
 * The text at one key of the object itself, without parsing the rest: who sent a text that is too much for the parser
 * may still be answered by its id. Undefined where there is none, or it is longer than `longest`.
 */
export function topText(text: string, key: string, longest = 128): string | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if ((unit | caseBit) === open) depth += 1;
    else if ((unit | caseBit) === close) depth -= 1;
    if (unit !== quote) continue;
    const end = endOfString(text, index);
    const isHere = depth === 1 && isKey(text, end) && text.slice(index + 1, end) === key;
    index = end;
    if (!isHere) continue;
    const start = text.indexOf('"', end + 1);
    const between = text.slice(end + 1, Math.min(start, end + 64));
    if (start < 0 || between.trim() !== ":") return undefined;
    const value = text.slice(start + 1, Math.min(endOfString(text, start), start + 2 + longest));
    return value.length <= longest && !value.includes("\\") ? value : undefined;
  }
  return undefined;
}

/** Where the string that begins at `start` has its closing quote; the text's end where it has none. */
function endOfString(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const end = text.indexOf('"', from);
    if (end < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash && end - 1 - escapes > start) escapes += 1;
    if (escapes % 2 === 0) return end;
    from = end + 1;
  }
}

/** Nine characters, or up to six for each where they are escaped. */
const longestPrototype = 9 * 6;

/**
 * A key named `__proto__` is a plain key to the parser. It sets the prototype where somebody copies it with an
 * assignment. No peer of ours has one.
 */
function isPrototypeKey(text: string, start: number, end: number): boolean {
  const length = end - start - 1;
  if (length < 9 || length > longestPrototype) return false;
  const first = text.charCodeAt(start + 1);
  if (first !== 0x5f && first !== backslash) return false;
  const plain = text
    .slice(start + 1, end)
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return plain === "__proto__" && isKey(text, end);
}

/** Whether a colon follows, so that the string is a key. */
function isKey(text: string, end: number): boolean {
  let index = end + 1;
  while (isBlank(text.charCodeAt(index))) index += 1;
  return text.charCodeAt(index) === colon;
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}
