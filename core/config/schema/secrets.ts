import type { JsonSchema } from "../../contract/json-schema.ts";
import { mask, minimumSecret } from "../read/masking.ts";
import type { Problems } from "../read/problems.ts";
import { type KeyedNode, locate, optionName, type ProfileNode, type ScalarNode } from "../read/tree.ts";
import { transform } from "./schema-walk.ts";

/** Remembers every secret of an instance's config, and warns of those that stand in the profile themselves. */
export function collectSecrets(
  schema: JsonSchema,
  value: unknown,
  tree: KeyedNode,
  secrets: Set<string>,
  problems: Problems,
): void {
  for (const password of passwordsIn(value)) secrets.add(password);
  visitSecrets(schema, value, (text, segments) => {
    const { found, rest } = locate(tree, segments);
    const scalar = rest.length === 0 && found.node.kind === "scalar" ? found.node : undefined;
    if (text.length >= minimumSecret && scalar?.broken !== true) secrets.add(text);
    for (const variable of scalar?.variables ?? []) {
      if (variable.value.length >= minimumSecret) secrets.add(variable.value);
    }
    if (scalar !== undefined && isLiteral(scalar)) {
      problems.add({
        severity: "warning",
        code: "SLUICE_CONFIG_LITERAL_SECRET",
        message: `\`${optionName(segments)}\` is a secret and stands in the profile as plain text`,
        place: scalar.place,
      });
    }
  });
}

/** A profile given from code holds values, not a text that is kept somewhere: no place, no warning. */
function isLiteral({ variables, broken, value, place }: ScalarNode): boolean {
  // What stands for a secret that is hidden from whoever reads the text is one of the file.
  const isThere = !broken || String(value).startsWith("__SECRET_");
  return variables === undefined && isThere && value !== "" && place.range !== undefined;
}

/** Where the secrets of some options stand in the profile. */
export function secretNodes(schema: JsonSchema, value: unknown, tree: KeyedNode): ReadonlySet<ProfileNode> {
  const nodes = new Set<ProfileNode>();
  visitSecrets(schema, value, (_text, segments) => {
    const { found, rest } = locate(tree, segments);
    if (rest.length === 0) nodes.add(found.node);
  });
  return nodes;
}

/** Every secret of some options. */
export function secretsIn(schema: JsonSchema, value: unknown): readonly string[] {
  const found: string[] = [];
  visitSecrets(schema, value, (text) => found.push(text));
  return [...found, ...passwordsIn(value)];
}

/** Passwords of addresses, `scheme://user:password@host`, wherever they stand. */
function passwordsIn(value: unknown): readonly string[] {
  return [...textsOf(value, [])].flatMap(([text]) => {
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*?:([^/?#@\s]+)@/i.exec(text)?.[1];
    return password === undefined || password.length < minimumSecret ? [] : [password];
  });
}

function visitSecrets(
  schema: JsonSchema,
  value: unknown,
  visit: (text: string, segments: readonly string[]) => void,
): void {
  transform(schema, value, (current, part, segments) => {
    if (part["x-secret"] === true) {
      for (const [text, below] of textsOf(current, [])) visit(text, [...segments, ...below]);
      return undefined;
    }
    return current;
  });
}

/** Everything below an `x-secret` key is secret, lists and maps included. */
function* textsOf(value: unknown, segments: readonly string[]): Generator<[string, readonly string[]]> {
  if (typeof value === "string") yield [value, segments];
  else if (typeof value === "number") yield [String(value), segments];
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* textsOf(item, [...segments, key]);
  }
}

/** A copy for people's eyes: values of `x-secret` keys are `***`. */
export function maskConfig(schema: JsonSchema, value: unknown): unknown {
  return transform(schema, value, (current, part) => {
    return part["x-secret"] === true && current !== undefined && current !== null && current !== "" ? mask : current;
  });
}

/** The copy for those who may not see private options either: of those, only their keys are left. */
export function maskPrivate(names: readonly string[], config: Readonly<Record<string, unknown>>) {
  return { ...config, ...Object.fromEntries(names.map((name) => [name, hidden(config[name])])) };
}

function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== "object" || value === null) return value === undefined ? value : mask;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item)]));
}
