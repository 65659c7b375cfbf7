import type { JsonSchema } from "../../contract/json-schema.ts";
import { profileFormat } from "../read/newer-format.ts";

/** Names of instances and flows: they stand in events, labels, logs and globs. */
export const namePattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}$";
/** The source of events that no instance wrote. */
const reservedNames: readonly string[] = ["core"];

const names: JsonSchema = { type: "string", pattern: namePattern, not: { enum: reservedNames } };

/** Bounds on what models and programs may use, for one owner. */
function budget(description: string, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  const tokens = (what: string): JsonSchema => ({ type: "integer", minimum: 1, description: what });
  return {
    type: "object",
    additionalProperties: false,
    description,
    properties: {
      usd: { type: "number", exclusiveMinimum: 0, description: "US dollars." },
      tokens: tokens("Tokens read and written, together."),
      inputTokens: tokens("Tokens that models read."),
      outputTokens: tokens("Tokens that models write."),
      time: { type: "string", "x-unit": "duration", description: "How long runs may take." },
      unknownPrice: {
        enum: ["refuse", "allow"],
        default: "refuse",
        description: "Whether a model of unknown price may be asked while `usd` is bounded.",
      },
      ...more,
    },
  };
}

const budgets: JsonSchema = {
  type: "object",
  additionalProperties: false,
  description: "What may be used. Reserved before each request to a model and settled after it.",
  properties: {
    run: budget("Each run."),
    session: budget("All runs of one session, together."),
    client: budget("All runs of one client, together.", {
      per: { type: "string", "x-unit": "duration", default: "24h", description: "Time after which it begins anew." },
    }),
  },
};

/** The profile itself; what is below `plugins`, `flows` and `tests` has schemas of its own. */
export const profileEnvelope: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["version"],
  properties: {
    version: { description: `Version of the profile's format: ${profileFormat}.`, const: profileFormat },
    name: { type: "string", description: "A name for people." },
    description: { type: "string", description: "What the profile is for." },
    extends: {
      description: "Profiles to lay this one over: maps merge, lists and single values replace.",
      anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
    },
    plugins: { type: "object", description: "The instances, by id.", propertyNames: names },
    flows: { type: "object", description: "What runs when, by name.", propertyNames: names },
    budgets,
    tests: {
      type: "object",
      description: "Inputs, scripted answers and what has to come of them, by name: `sluice check --run-tests`.",
      propertyNames: names,
    },
  },
};

/** What a plugin may take that runs in a process of its own. */
export const workerLimits: JsonSchema = {
  type: "object",
  additionalProperties: false,
  description: "What the process may take.",
  properties: {
    heap: {
      type: "string",
      "x-unit": "size",
      default: "256mb",
      description: "Memory that it may use, buffers included; more ends it.",
    },
    held: {
      type: "string",
      "x-unit": "duration",
      default: "5s",
      description: "How long it may compute without a pause before it is ended; `0s` is no bound.",
    },
  },
};

/** What becomes of a batch that a sink refuses. */
const deliverySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  description: "How often a sink is offered a batch that it refuses, and what becomes of it then.",
  default: {},
  properties: {
    attempts: { type: "integer", minimum: 1, default: 4, description: "How often it is offered in all." },
    backoff: {
      type: "string",
      "x-unit": "duration",
      default: "250ms",
      description: "Pause before it is offered again; each further one doubles it, up to 30s.",
    },
    deadLetter: {
      type: "string",
      "x-unit": "path",
      description:
        "Where it goes then, with the reason: the id of another sink, or a file, whose path has a `/` or a `.`. Without it the batch is dropped and counted.",
    },
    deadLetterSize: {
      type: "string",
      "x-unit": "size",
      default: "64mb",
      description: "Size from where that file takes no more; `0b` is no bound.",
    },
  },
};

/** One entry under `plugins`; what is below `with` is the plugin's own. */
export const instanceEnvelope: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["use"],
  properties: {
    use: {
      type: "string",
      minLength: 1,
      description: "The plugin: a name of ours, ./folder beside the profile, or an installed npm package.",
    },
    with: { type: "object", description: "The plugin's own options." },
    optional: {
      type: "boolean",
      default: false,
      description: "Leave the instance out where a variable that it needs is not set.",
    },
    restart: {
      type: "object",
      additionalProperties: false,
      description: "How often a failed instance is started again.",
      default: {},
      properties: {
        attempts: { type: "integer", minimum: 0, default: 5, description: "Restarts allowed within `within`." },
        within: { type: "string", "x-unit": "duration", default: "10m", description: "The time that is looked at." },
        backoff: {
          type: "string",
          "x-unit": "duration",
          default: "500ms",
          description: "Pause before the first restart; each further one doubles it, up to 30s.",
        },
      },
    },
    onStartError: {
      enum: ["fail", "retry", "skip"],
      description:
        "When it cannot start: end the host, try again in the background, or go on without it. Default: `retry` for sinks and, where the host serves, for models, sandboxes and stages; else `fail`.",
    },
    callTimeout: {
      type: "string",
      "x-unit": "duration",
      default: "5m",
      description: "How long one call may take, or an answer be silent, before it counts as hanging; `0s` is no bound.",
    },
    isolate: {
      description:
        "`worker` runs the plugin in a process of its own: what it breaks ends that process, and nothing else.",
      anyOf: [
        { enum: ["none", "worker"] },
        {
          type: "object",
          additionalProperties: false,
          required: ["worker"],
          properties: { worker: workerLimits },
        },
      ],
    },
    deliver: deliverySchema,
    select: {
      description:
        "Globs of `source` or `source.type` that a sink wants; when absent, what its plugin asks for, or everything.",
      anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
    },
  },
};
