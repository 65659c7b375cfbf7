import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../core/contract/index.ts";
import { compileSchema, packageRoot, type SchemaValidator } from "../../core/kit/index.ts";
import type { Route } from "./route.ts";

interface Known {
  readonly schema: JsonSchema;
  readonly validate: SchemaValidator;
}

const schemas = new Map<string, Known | undefined>();

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

/** Host events have no schema of their own. */
function schemaOf(type: string): Known | undefined {
  if (!/^[a-z-]+$/.test(type)) return undefined;
  if (!schemas.has(type)) {
    let known: Known | undefined;
    try {
      const file = join(packageRoot, "schema", "events", `${type}.json`);
      const schema = JSON.parse(readFileSync(file, "utf8")) as JsonSchema;
      known = { schema, validate: compileSchema(schema) };
    } catch {
      known = undefined;
    }
    schemas.set(type, known);
  }
  return schemas.get(type);
}
