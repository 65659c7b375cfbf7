import { isDeepStrictEqual } from "node:util";
import { type Document, isCollection, isMap, isPair, isScalar, type Pair, parse, type YAMLMap } from "yaml";
import { SluiceError } from "../../contract/errors.ts";
import { segmentsOf } from "../read/tree.ts";
import { errorIn, parseYaml, targetsIn } from "../read/yaml.ts";

/** A stretch of the text and what takes its place. */
type Splice = readonly [start: number, end: number, text: string];

/** The text has been parsed by `parseYaml`, and this is what became of it. */
const quiet = { logLevel: "error", prettyErrors: false, uniqueKeys: false } as const;
/** The library looks for the meaning of each from the beginning of the text. */
const mostAliases = 1_000;

/**
 * Changes one value of a profile's text and leaves every other byte as it was, comments and alignment included;
 * `undefined` removes the key. Maps that are missing on the way are made.
 *
 * @throws SluiceError SLUICE_CONFIG_SYNTAX when the text is no YAML, or has more than 1,000 aliases; SLUICE_CONFIG_VALUE when the pointer leads through
 * a value without keys.
 */
export function setValue(text: string, pointer: string, value: unknown): string {
  try {
    return edited(text, pointer, value);
  } catch (error) {
    if (SluiceError.is(error)) throw error;
    // The library is recursive, and refuses aliases that grow without bound.
    throw new SluiceError("SLUICE_CONFIG_SYNTAX", "the text is too deep or too large to be edited", { cause: error });
  }
}

function edited(text: string, pointer: string, value: unknown): string {
  const document = parseYaml(text);
  if (targetsIn(document).size > mostAliases) throw new RangeError(`more than ${mostAliases} aliases`);
  const error = errorIn(document);
  if (error !== undefined) throw new SluiceError("SLUICE_CONFIG_SYNTAX", error.message.split("\n")[0] ?? error.message);
  const path = segmentsOf(pointer).map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment));
  if (path.length === 0) throw new SluiceError("SLUICE_CONFIG_VALUE", "the whole profile cannot be set as one value");
  const wanted = changed(document, path, value, pointer);
  const splice = value === undefined ? removal(document, path, text) : change(document, path, value, text);
  const result = splice === undefined ? undefined : text.slice(0, splice[0]) + splice[2] + text.slice(splice[1]);
  // Where the short way does not give what was wanted, the document is written anew: alignment goes, comments stay.
  if (result !== undefined && means(result, wanted.toJS())) return result;
  return wanted.toString({ lineWidth: 0 });
}

function changed(document: Document, path: readonly (string | number)[], value: unknown, pointer: string): Document {
  const copy = document.clone();
  try {
    if (value === undefined) copy.deleteIn(path);
    else if (copy.contents === null) copy.contents = copy.createNode(nested(path, value));
    else copy.setIn(path, value);
  } catch {
    throw new SluiceError("SLUICE_CONFIG_VALUE", `${pointer} leads through a value that has no keys`);
  }
  return copy;
}

function means(text: string, wanted: unknown): boolean {
  try {
    return isDeepStrictEqual(parse(text, quiet), wanted);
  } catch {
    return false;
  }
}

function change(
  document: Document,
  path: readonly (string | number)[],
  value: unknown,
  text: string,
): Splice | undefined {
  const old = document.getIn(path, true) as { range?: [number, number, number] | null } | undefined;
  if (old?.range) {
    const [start, end] = old.range;
    const written = text.slice(start, end).trimEnd();
    const gap = written === "" && /\S/.test(text.charAt(start - 1)) ? " " : "";
    return [start, start + written.length, gap + write(value)];
  }
  // What is missing on the way is made as one value of the deepest map that is there.
  let depth = path.length - 1;
  while (depth > 0 && document.getIn(path.slice(0, depth), true) === undefined) depth -= 1;
  const map = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
  if (!isMap(map) || map.items.length === 0) return undefined;
  return insertion(map, String(path[depth]), nested(path.slice(depth + 1), value), text);
}

function insertion(map: YAMLMap, key: string, value: unknown, text: string): Splice | undefined {
  const [first, last] = [map.items[0], map.items.at(-1)];
  const [from] = spanOf(first, text) ?? [];
  const [, end] = spanOf(last, text) ?? [];
  if (from === undefined || end === undefined) return undefined;
  const entry = `${write(key)}: ${write(value)}`;
  if (map.flow) return [end, end, `, ${entry}`];
  const indent = from - (text.lastIndexOf("\n", from - 1) + 1);
  const lineEnd = endOfLine(text, end);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  return [lineEnd, lineEnd, `${newline}${" ".repeat(indent)}${entry}`];
}

function removal(document: Document, path: readonly (string | number)[], text: string): Splice | undefined {
  const map = document.getIn(path.slice(0, -1), true) ?? document.contents;
  if (!isMap(map)) return undefined;
  const at = map.items.findIndex((pair) => isScalar(pair.key) && String(pair.key.value) === String(path.at(-1)));
  const [start, end] = spanOf(map.items[at], text) ?? [];
  if (start === undefined || end === undefined || map.items.length === 1) return undefined;
  const [next] = spanOf(map.items[at + 1], text) ?? [];
  const [, previous] = spanOf(map.items[at - 1], text) ?? [];
  if (map.flow) return previous === undefined ? [start, next ?? end, ""] : [previous, end, ""];
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  if (text.slice(lineStart, start).trim() !== "") return next === undefined ? undefined : [start, next, ""];
  return [lineStart, Math.min(text.length, endOfLine(text, end, true)), ""];
}

/** From the key's first character to the value's last. */
function spanOf(pair: Pair | undefined, text: string): [number, number] | undefined {
  if (!isPair(pair)) return undefined;
  const key = (pair.key as { range?: [number, number] | null } | null)?.range;
  const value = (pair.value as { range?: [number, number] | null } | null)?.range ?? key;
  if (!key || !value) return undefined;
  const written = text.slice(0, value[1]).trimEnd().length;
  return [key[0], isCollection(pair.value) && pair.value.flow ? value[1] : Math.max(written, key[1])];
}

function endOfLine(text: string, from: number, including = false): number {
  const at = text.indexOf("\n", from);
  if (at === -1) return text.length;
  if (including) return at + 1;
  return text.charAt(at - 1) === "\r" ? at - 1 : at;
}

/** A value on one line, as it can stand in block and flow collections alike. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${write(key)}: ${write(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  if (typeof value !== "string") return JSON.stringify(value);
  const plain = /^[A-Za-z0-9_./~-]+( [A-Za-z0-9_./~-]+)*$/.test(value) && !/^[-?:]( |$)/.test(value);
  return plain && parse(value, quiet) === value ? value : JSON.stringify(value);
}

function nested(path: readonly (string | number)[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}
