import { createHash } from "node:crypto";
import { type Alias, isAlias, isMap, isScalar, type Node as YamlNode } from "yaml";
import { pointerOf } from "./tree.ts";
import type { ProfileNames } from "./trust.ts";
import { errorIn, leavesOf, readYaml, targetsIn, type YamlDocument } from "./yaml.ts";

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
  const pluginOf = pluginsOf(document);
  for (const { path, value } of textsIn(document)) {
    if (path[0] === "plugins" && path[2] === "use" && path.length === 3) uses.add(value);
    if (path[0] === "extends") parents.add(value);
    else if (value.includes("${")) expressions.set(pointerOf(path), `${pluginOf(path)}\n${value}`);
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

export function documentOf(text: string): YamlDocument | undefined {
  try {
    const document = readYaml(text);
    return errorIn(document) === undefined ? document : undefined;
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
  return leavesOf(document).flatMap(({ path, node }) => {
    if (!isScalar(node) || typeof node.value !== "string" || !node.range) return [];
    return [{ path, value: node.value, range: [node.range[0], node.range[1]] as const }];
  });
}

/** Every alias, with what it means: by a hash, for a long text may be meant by many. */
function aliasesIn(document: YamlDocument, text: string) {
  const targets = targetsIn(document);
  const meanings = new Map<unknown, string>();
  const meaningOf = (target: YamlNode | undefined): string => {
    const known = meanings.get(target);
    if (known !== undefined) return known;
    const range = target?.range;
    const meaning = range ? createHash("sha256").update(text.slice(range[0], range[1])).digest("hex") : "";
    meanings.set(target, meaning);
    return meaning;
  };
  return leavesOf(document).flatMap(({ path, node }) =>
    isAlias(node) ? [{ path, meaning: `*${node.source} ${meaningOf(targets.get(node))}` }] : [],
  );
}

/** The plugin of the instance that a value belongs to: elsewhere the same value may mean something else. */
export function pluginsOf(document: YamlDocument): (path: readonly string[]) => string {
  const plugins = document.get("plugins");
  const uses = new Map<string, string>();
  for (const { key, value } of isMap(plugins) ? plugins.items : []) {
    const use = isMap(value) ? value.get("use", true) : undefined;
    const named = isAlias(use) ? `*${(use as Alias).source}` : isScalar(use) ? String(use.value) : "";
    if (isScalar(key)) uses.set(String(key.value), named);
  }
  return ([first, id = ""]) => (first === "plugins" ? (uses.get(id) ?? "") : "");
}
