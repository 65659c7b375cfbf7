import { compileSchema, eventSchema, type SchemaValidator } from "../../core/kit/index.ts";
import type { Route } from "./route.ts";

const validators = new Map<string, SchemaValidator>();

/** What flows just now: the newest event of each kind, judged by its schema. A sample: taking one costs the run nothing. */
export const tapRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "tap/*", needs: "feed.read" },
    handle: ({ host, name }) => ({
      topics: [...host.feed.latest]
        .filter(([topic, event]) => topic === name || event.source === name)
        .map(([topic, event]) => {
          const issues = validatorOf(event.type)?.(event.data).map(({ path, message }) => `${path} ${message}`.trim());
          return { topic, count: host.feed.counts.get(topic) ?? 0, event, ...(issues === undefined ? {} : { issues }) };
        }),
    }),
  },
  {
    ...{ method: "GET", path: "schemas/*", needs: "status.read" },
    handle: ({ name }) => ({ schema: eventSchema(name) ?? null }),
  },
];

/** Compiled once for each type that somebody looks at. */
function validatorOf(type: string): SchemaValidator | undefined {
  const schema = eventSchema(type);
  if (schema === undefined) return undefined;
  const known = validators.get(type) ?? compileSchema(schema);
  validators.set(type, known);
  return known;
}
