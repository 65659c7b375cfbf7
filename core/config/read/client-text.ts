import { isAlias, isPair, isScalar, isSeq, parseDocument, visit } from "yaml";
import { pointerOf } from "./tree.ts";
import type { ProfileNames } from "./trust.ts";

/** What a profile's own text names and evaluates, read without evaluating anything. */
export interface TextFacts extends ProfileNames {
  /** By JSON pointer: the text of every value with an expression, and the plugin of its instance. */
  readonly expressions: ReadonlyMap<string, string>;
  /** Whether it is YAML at all. */
  readonly readable: boolean;
}

export function factsOf(text: string): TextFacts {
  const uses = new Set<string>();
  const parents = new Set<string>();
  const expressions = new Map<string, string>();
  const document = documentOf(text);
  if (document === undefined) return { uses, extends: parents, expressions, readable: false };
  for (const { path, value } of textsIn(document)) {
    if (path[0] === "plugins" && path[2] === "use" && path.length === 3) uses.add(value);
    if (path[0] === "extends") parents.add(value);
    else if (value.includes("${")) expressions.set(pointerOf(path), `${pluginOf(document, path)}\n${value}`);
  }
  // An alias means what stands at its anchor, in another place: it is held to both.
  for (const { path, meaning } of aliasesIn(document, text)) expressions.set(pointerOf(path), meaning);
  return { uses, extends: parents, expressions, readable: true };
}

/** The paths of expressions and aliases that the other text lacks in that place, for the same plugin. */
export function newExpressions(before: TextFacts, after: TextFacts): readonly string[] {
  if (!after.readable) return ["the text"];
  return [...after.expressions]
    .filter(([path, text]) => before.expressions.get(path) !== text)
    .map(([pointer]) => pointer.slice(1).replaceAll("/", "."));
}

type YamlDocument = ReturnType<typeof parseDocument>;

export function documentOf(text: string): YamlDocument | undefined {
  try {
    const document = parseDocument(text, { logLevel: "silent", merge: true });
    return document.errors.length > 0 ? undefined : document;
  } catch {
    // The parser is recursive: thousands of nested brackets end its stack.
    return undefined;
  }
}

export interface TextIn {
  readonly path: readonly string[];
  readonly value: string;
  readonly range: readonly [number, number];
}

/** Every value that is a text, with where it stands. Aliases are not followed: what they mean stands at their anchor. */
export function textsIn(document: YamlDocument): readonly TextIn[] {
  const texts: TextIn[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === "key" || typeof node.value !== "string" || !node.range) return;
      texts.push({ path: pathOf(ancestors, node), value: node.value, range: [node.range[0], node.range[1]] });
    },
  });
  return texts;
}

function aliasesIn(document: YamlDocument, text: string) {
  const aliases: { readonly path: readonly string[]; readonly meaning: string }[] = [];
  visit(document, {
    Alias(_key, node, ancestors) {
      const range = node.resolve(document)?.range;
      const meaning = `*${node.source} ${range ? text.slice(range[0], range[1]) : ""}`;
      aliases.push({ path: pathOf(ancestors, node), meaning });
    },
  });
  return aliases;
}

function pathOf(ancestors: readonly unknown[], node: unknown): readonly string[] {
  const path: string[] = [];
  for (const [index, each] of ancestors.entries()) {
    if (isPair(each) && isScalar(each.key)) path.push(String(each.key.value));
    else if (isSeq(each)) path.push(String(each.items.indexOf(ancestors[index + 1] ?? node)));
  }
  return path;
}

/** The plugin of the instance that a value belongs to: elsewhere the same value may mean something else. */
export function pluginOf(document: YamlDocument, path: readonly string[]): string {
  if (path[0] !== "plugins" || path[1] === undefined) return "";
  const use = document.getIn(["plugins", path[1], "use"], true);
  return isAlias(use) ? `*${use.source}` : isScalar(use) ? String(use.value) : "";
}
