import {
  type Alias,
  type Document,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Scalar,
  visit,
  YAMLParseError,
  type Node as YamlNode,
} from "yaml";

export type YamlDocument = Document.Parsed;

/** What YAML gives a meaning to, and line ends: each may become a value, or an error, and takes time. */
export const signs = /[[\]{},:&*!%?\n-]/g;

/**
 * Parses YAML that may be a stranger's: the time it takes grows as the text does. The library counts lines anew
 * for each error and compares each key with all others. It prints its warnings, which quote the text.
 *
 * @throws where the nesting is so deep that the parser's stack ends
 */
export function parseYaml(text: string, options: { readonly merge?: boolean } = {}): YamlDocument {
  const { stackTraceLimit } = Error;
  // An error is made for each of thousands of brackets, and nobody reads where in the library.
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, { ...options, uniqueKeys: false, prettyErrors: false, logLevel: "error" });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Texts longer than this are not kept: their trees have many times their length. */
const longestKept = 64 * 1024;
const mostKept = 4;
const kept = new Map<string, YamlDocument>();

/**
 * The document of a text, for those who change nothing of it. A profile is read for its plan, its outline and its
 * expressions: each time from the same text, which is parsed once.
 *
 * @throws where the nesting is so deep that the parser's stack ends
 */
export function readYaml(text: string): YamlDocument {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const document = parseYaml(text, { merge: true });
  if (text.length > longestKept) return document;
  const [oldest] = kept.keys();
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
  kept.set(text, document);
  return document;
}

/** The first error of a document, a key that stands twice in one map included. */
export function errorIn(document: YamlDocument): YAMLParseError | undefined {
  const [error] = document.errors;
  if (error !== undefined) return error;
  let twice: Scalar | undefined;
  visit(document, {
    Map(_, { items }) {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (names.has(key.value)) twice = key;
        names.add(key.value);
      }
      return twice === undefined ? undefined : visit.BREAK;
    },
  });
  const [start = 0, end = 0] = twice?.range ?? [];
  return twice && new YAMLParseError([start, end], "DUPLICATE_KEY", `\`${twice.value}\` stands twice in one map`);
}

/** What each alias of a document means, found in one walk. The library walks from the beginning for each. */
export function targetsIn(document: YamlDocument): ReadonlyMap<Alias, YamlNode> {
  const anchors = new Map<string, YamlNode>();
  const targets = new Map<Alias, YamlNode>();
  visit(document, {
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias(_, node) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    },
  });
  return targets;
}

/** A node that is a value, and where it stands. */
export interface PlacedNode {
  readonly path: readonly string[];
  readonly node: YamlNode;
}

/** Every value that is a scalar or an alias, in the order of the text. What an alias means stands at its anchor. */
export function leavesOf(document: YamlDocument): readonly PlacedNode[] {
  const leaves: PlacedNode[] = [];
  const walk = (node: unknown, path: readonly string[]): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) walk(value, isScalar(key) ? [...path, String(key.value)] : path);
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item, [...path, String(index)]);
    } else if (node !== null && node !== undefined) leaves.push({ path, node: node as YamlNode });
  };
  walk(document.contents, []);
  return leaves;
}
