import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../core/contract/index.ts";
import { compileSchema, packageRoot, type SchemaValidator } from "../../core/kit/index.ts";
import type { Route } from "./route.ts";

interface Known {
  readonly schema: JsonSchema;
  readonly validate: SchemaValidator;
}

const folder = join(packageRoot, "schema", "events");
const schemas = new Map<string, Known>();
let types: ReadonlySet<string> | undefined;

/** What flows just now: the newest event of each kind, judged by its schema. A sample: taking one costs the run nothing. */
export const tapRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "tap/*", needs: "feed.read" },
    handle: ({ host, name }) => ({
      topics: [...host.feed.latest]
        .filter(([topic, event]) => topic === name || event.source === name)
        .map(([topic, event]) => {
          const known = schemaOf(event.type);
          const issues = known?.validate(event.data).map(({ path, message }) => `${path} ${message}`.trim());
          return { topic, count: host.feed.counts.get(topic) ?? 0, event, ...(issues === undefined ? {} : { issues }) };
        }),
    }),
  },
  {
    ...{ method: "GET", path: "schemas/*", needs: "status.read" },
    handle: ({ name }) => ({ schema: schemaOf(name)?.schema ?? null }),
  },
];

/** Host events have no schema of their own. Asked for by whoever may read: what is not there is not remembered. */
function schemaOf(type: string): Known | undefined {
  const known = schemas.get(type);
  if (known !== undefined || !typesWithSchema().has(type)) return known;
  const schema = JSON.parse(readFileSync(join(folder, `${type}.json`), "utf8")) as JsonSchema;
  const read = { schema, validate: compileSchema(schema) };
  schemas.set(type, read);
  return read;
}

function typesWithSchema(): ReadonlySet<string> {
  types ??= new Set(readdirSync(folder).map((name) => name.replace(/\.json$/, "")));
  return types;
}
