import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../contract/json-schema.ts";
import { packageRoot } from "../package-root.ts";
import { parseJsonObject } from "../untrusted/parse-json.ts";

const folder = join(packageRoot, "schema", "events");
const schemas = new Map<string, JsonSchema>();
let types: ReadonlySet<string> | undefined;

/** The JSON Schema of an event's data, as it comes with the package; host events have none. */
export function eventSchema(type: string): JsonSchema | undefined {
  const known = schemas.get(type);
  // Asked for by whoever may read: what is not there is not remembered.
  if (known !== undefined || !typesWithSchema().has(type)) return known;
  // Without its name, which a validator would know already when it is compiled a second time.
  const { $id: _, ...schema } = parseJsonObject(readFileSync(join(folder, `${type}.json`)));
  schemas.set(type, schema);
  return schema;
}

/** The types of events of a run. */
export function eventNames(): readonly string[] {
  return [...typesWithSchema()].filter((name) => name !== "event").sort();
}

function typesWithSchema(): ReadonlySet<string> {
  types ??= new Set(readdirSync(folder).map((name) => name.replace(/\.json$/, "")));
  return types;
}
