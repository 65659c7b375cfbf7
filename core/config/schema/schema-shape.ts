import type { JsonSchema } from "../../contract/json-schema.ts";

/** What the schema of a stranger's options may have: schemas in all, and those that one value is held to. */
const most = { schemas: 20_000, forOneValue: 1_000, inRow: 100 };

/** Keywords whose schemas speak of the same value, and those whose schemas speak of what is in it. */
const same = { one: ["not", "if", "then", "else"], list: ["allOf", "anyOf", "oneOf"], map: ["dependentSchemas"] };
const inner = {
  one: [
    ...["items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties"],
    "contentSchema",
  ],
  list: ["prefixItems"],
  map: ["properties", "patternProperties", "$defs", "definitions"],
};
/** They give `$ref` another meaning than a place in this schema. */
const refused = ["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor", "$anchor"];

type Weigh = { readonly weight: number } | "under way";

/**
 * Why nothing is held to a stranger's schema. It may refer to something outside of itself, or in a circle. Or a value would
 * be held to more schemas than anybody needs: forty definitions may each name the next one twice. Undefined where nothing
 * is wrong so far.
 */
export function schemaFault(root: JsonSchema): string | undefined {
  try {
    new Shape(root).look();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

class Fault extends Error {}

class Shape {
  readonly #root: JsonSchema;
  readonly #seen = new Set<JsonSchema>();
  readonly #weights = new Map<JsonSchema, Weigh>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  look(): void {
    const open = [this.#root];
    for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
      if (this.#seen.has(schema)) continue;
      this.#seen.add(schema);
      if (this.#seen.size > most.schemas) throw new Fault(`it has more than ${most.schemas} schemas`);
      const odd = refused.find((keyword) => keyword in schema);
      if (odd !== undefined) throw new Fault(`it says \`${odd}\`, and only \`$ref\` leads to definitions`);
      if (schema !== this.#root && typeof schema["$id"] === "string") throw new Fault("it has an `$id` within");
      this.#weigh(schema, 0);
      open.push(...this.#ofSame(schema), ...schemasIn(schema, inner));
    }
  }

  /** How many schemas a value is held to that is held to this one. */
  #weigh(schema: JsonSchema, row: number): number {
    const known = this.#weights.get(schema);
    if (known === "under way") throw new Fault("its schemas refer to each other in a circle");
    if (known !== undefined) return known.weight;
    if (row > most.inRow) throw new Fault(`more than ${most.inRow} schemas refer to each other in a row`);
    this.#weights.set(schema, "under way");
    let weight = 1;
    for (const each of this.#ofSame(schema)) {
      weight += this.#weigh(each, row + 1);
      if (weight > most.forOneValue) throw new Fault(`one value is held to more than ${most.forOneValue} schemas`);
    }
    this.#weights.set(schema, { weight });
    return weight;
  }

  #ofSame(schema: JsonSchema): readonly JsonSchema[] {
    const { $ref } = schema;
    return [...schemasIn(schema, same), ...(typeof $ref === "string" ? [this.#target($ref)] : [])];
  }

  #target(reference: string): JsonSchema {
    let target: unknown = reference === "#" || reference.startsWith("#/") ? this.#root : undefined;
    for (const segment of segmentsOf(reference)) {
      const has = typeof target === "object" && target !== null && Object.hasOwn(target, segment);
      target = has ? (target as JsonSchema)[segment] : undefined;
    }
    if (isSchema(target)) return target;
    throw new Fault(`\`$ref: ${reference}\` leads to nothing in it`);
  }
}

function segmentsOf(reference: string): readonly string[] {
  const [, ...segments] = reference.split("/");
  return segments.map((segment) => {
    try {
      return decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    } catch {
      return segment;
    }
  });
}

function schemasIn(schema: JsonSchema, keywords: typeof same): JsonSchema[] {
  const one = keywords.one.map((keyword) => schema[keyword]);
  const list = keywords.list.flatMap((keyword) => (Array.isArray(schema[keyword]) ? schema[keyword] : []));
  const map = keywords.map.flatMap((keyword) => (isSchema(schema[keyword]) ? Object.values(schema[keyword]) : []));
  return [...one, ...list, ...map].filter(isSchema);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
