import { type Alias, isAlias, isMap, isScalar, isSeq, type Pair, type YAMLError, type Node as YamlNode } from "yaml";
import type { ErrorCode } from "../../contract/error-codes/index.ts";
import type { Problems } from "./problems.ts";
import type { ProfileSource, SourcePlace } from "./source.ts";
import type { MapEntry, MapNode, ProfileNode, Scalar } from "./tree.ts";
import { readYaml, targetsIn, type YamlDocument } from "./yaml.ts";

/** Nodes that a profile may have, with all that it extends and once its aliases are expanded: a few lines could be many. */
export const maximumNodes = 20_000;

/** Text to tree. Undefined when the syntax is so broken that going on would only make noise. */
export function parseSource(
  source: ProfileSource,
  problems: Problems,
  left: { nodes: number } = { nodes: maximumNodes },
): MapNode | undefined {
  let document: YamlDocument;
  try {
    document = readYaml(source.text);
  } catch {
    // The parser is recursive: thousands of nested brackets end its stack.
    problems.add({
      code: "SLUICE_CONFIG_SYNTAX",
      message: "the nesting is too deep",
      place: { source, range: [0, 1] },
    });
    return undefined;
  }
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    reportSyntax(source, errors, problems);
    return undefined;
  }
  try {
    return new Converter(source, document, problems, left).root();
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    problems.add({ code: error.code, message: error.message, place: error.place });
    return undefined;
  }
}

/** What is wrong beyond these is told when they are mended. */
const mostErrors = 200;

/** One problem a line: what follows on the same line is an echo of the first; tabs explain everything near them. */
function reportSyntax(source: ProfileSource, errors: readonly YAMLError[], problems: Problems): void {
  const tabs = errors.filter((error) => error.code === "TAB_AS_INDENT");
  const seen = new Set<number>();
  for (const error of tabs.length > 0 ? tabs : errors) {
    const { line } = source.lines.linePos(error.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    if (seen.size > mostErrors) return;
    const range: [number, number] = [error.pos[0], Math.max(error.pos[1], error.pos[0] + 1)];
    problems.add({ code: "SLUICE_CONFIG_SYNTAX", place: { source, range }, ...describe(error) });
  }
}

function describe(error: YAMLError): { message: string; cure?: string } {
  // What the library caught of its own stack.
  if (/call stack/i.test(error.message)) return { message: "the nesting is too deep" };
  switch (error.code) {
    case "TAB_AS_INDENT":
      return { message: "a tab stands where YAML wants spaces", cure: "Indent with spaces." };
    case "MULTIPLE_DOCS":
      return { message: "a profile is one YAML document; a second one begins here", cure: "Remove the line `---`." };
    case "TAG_RESOLVE_FAILED":
      return { message: "a tag that YAML does not know", cure: "Remove the tag, or quote the text." };
    default:
      return { message: error.message.charAt(0).toLowerCase() + error.message.slice(1) };
  }
}

/** The document is syntactically YAML and still cannot be used. */
class Unusable extends Error {
  readonly place: SourcePlace;
  readonly code: ErrorCode;

  constructor(message: string, place: SourcePlace, code: ErrorCode = "SLUICE_CONFIG_SYNTAX") {
    super(message);
    this.place = place;
    this.code = code;
  }
}

class Converter {
  readonly #source: ProfileSource;
  readonly #document: YamlDocument;
  readonly #targets: ReadonlyMap<Alias, YamlNode>;
  readonly #problems: Problems;
  readonly #open = new Set<YamlNode>();
  readonly #left: { nodes: number };

  /** `left`: nodes that the profile may still have. */
  constructor(source: ProfileSource, document: YamlDocument, problems: Problems, left: { nodes: number }) {
    this.#source = source;
    this.#document = document;
    this.#targets = targetsIn(document);
    this.#problems = problems;
    this.#left = left;
  }

  root(): MapNode {
    const { contents } = this.#document;
    const node = contents === null ? undefined : this.#convert(contents);
    if (node === undefined || (node.kind === "scalar" && node.value === null)) {
      return { kind: "map", place: this.#place(null), entries: new Map() };
    }
    if (node.kind !== "map") throw new Unusable("a profile is a map with version, plugins and flows", node.place);
    return node;
  }

  #place(node: YamlNode | null): SourcePlace {
    const range = node?.range;
    return { source: this.#source, range: range ? [range[0], Math.max(range[1], range[0])] : [0, 0] };
  }

  #convert(node: YamlNode): ProfileNode {
    const place = this.#place(node);
    this.#left.nodes -= 1;
    if (this.#left.nodes < 0) {
      const message = `the profile has more than ${maximumNodes} values once its aliases are expanded`;
      throw new Unusable(message, place, "SLUICE_CONFIG_TOO_LARGE");
    }
    if (isAlias(node)) return this.#alias(node, place);
    if (isScalar(node)) return { kind: "scalar", place, value: this.#scalar(node.value, place) };
    if (!isMap(node) && !isSeq(node)) throw new Unusable("this cannot stand in a profile", place);
    if (this.#open.has(node)) throw new Unusable("an anchor contains its own alias", place);
    this.#open.add(node);
    try {
      if (isMap(node)) return { kind: "map", place, entries: this.#entries(node.items) };
      return { kind: "list", place, items: node.items.map((item) => this.#item(item as YamlNode | null, place)) };
    } finally {
      this.#open.delete(node);
    }
  }

  #item(item: YamlNode | null, place: SourcePlace): ProfileNode {
    return item === null ? { kind: "scalar", place, value: null } : this.#convert(item);
  }

  #alias(node: Alias, place: SourcePlace): ProfileNode {
    const target = this.#targets.get(node);
    if (target === undefined) throw new Unusable(`no anchor \`&${node.source}\` stands before this alias`, place);
    return { ...this.#convert(target), place };
  }

  #scalar(value: unknown, place: SourcePlace): Scalar {
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw new Unusable("this value cannot stand in a profile; quote it", place);
  }

  #entries(pairs: readonly Pair[]): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const pair of pairs) {
      const keyNode = pair.key as YamlNode | null;
      const key = this.#place(keyNode);
      if (keyNode === null || !isScalar(keyNode) || keyNode.value === null) {
        throw new Unusable("a key must be plain text", key);
      }
      // With `merge`, the parser gives `<<` as a symbol.
      const merges = typeof keyNode.value === "symbol";
      const name = String(keyNode.value);
      const value = pair.value === null ? undefined : (pair.value as YamlNode);
      const node: ProfileNode =
        value === undefined ? { kind: "scalar", place: key, value: null } : this.#convert(value);
      if (merges) this.#merge(node, merged);
      else if (name === "__proto__") throw new Unusable("`__proto__` cannot be a key", key);
      else if (entries.has(name)) this.#duplicate(name, key, entries.get(name)?.key);
      else entries.set(name, { key, value: node });
    }
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry);
    return entries;
  }

  #merge(node: ProfileNode, into: Map<string, MapEntry>): void {
    const maps = node.kind === "list" ? node.items : [node];
    for (const map of maps) {
      if (map.kind !== "map") throw new Unusable("`<<` merges maps, given as an alias or a list of aliases", map.place);
      for (const [name, entry] of map.entries) if (!into.has(name)) into.set(name, entry);
    }
  }

  #duplicate(name: string, place: SourcePlace, first: SourcePlace | undefined): void {
    const line =
      first?.range === undefined
        ? ""
        : `; it stands in line ${this.#source.lines.linePos(first.range[0]).line} already`;
    this.#problems.add({
      code: "SLUICE_CONFIG_DUPLICATE_KEY",
      message: `\`${name}\` stands twice in one map${line}`,
      place,
    });
  }
}
