import { SluiceError } from "../contract/errors.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import type { QueueQuestion, RunQueue } from "../contract/queue.ts";
import { compileSchema, type SchemaValidator } from "../kit/untrusted/validator.ts";
import type { QueuedRequest } from "./queued-request.ts";

/** What hosts of a cluster ask each other, and answer. Another host may be of another version, or not one of ours. */

const text: JsonSchema = { type: "string" };
const flag: JsonSchema = { type: "boolean" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const texts: JsonSchema = { type: "array", items: text };
const any: JsonSchema = {};

/** Of what is not named, nothing is said: a later version may tell more. */
function shape(
  needed: Readonly<Record<string, JsonSchema>>,
  more: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: "object", required: Object.keys(needed), properties: { ...needed, ...more } };
}

function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

const files = list(shape({ path: text, base64: text }));
const amounts = shape(
  {},
  Object.fromEntries(
    ["usd", "tokens", "inputTokens", "outputTokens", "time"].map((name) => [name, { type: "number", minimum: 0 }]),
  ),
);
const program = shape({ code: text }, { language: text, file: text, args: texts, stdin: text });
const request = shape(
  {
    ...{ alone: text, files, approve: flag, keep: flag },
    input: { anyOf: [shape({ text }), program] },
    options: shape(
      { flow: text },
      {
        ...{ session: text, owner: text, tags: texts, interactive: flag, budget: amounts },
        parameters: { type: "object", additionalProperties: { type: "object" } },
        timeout: { type: "number", minimum: 0 },
      },
    ),
  },
  { history: list(shape({ role: { enum: ["user", "assistant"] }, text, files })) },
);
const answer: JsonSchema = {
  anyOf: [
    shape({ kind: { const: "stdin" }, text: { type: ["string", "null"] } }, { question: count }),
    shape({ kind: { const: "message" }, text }),
    shape(
      { kind: { const: "approval" }, approved: flag },
      { message: text, code: text, always: flag, question: count },
    ),
  ],
};
const info = shape({ session: text, created: text, lastUsed: text, runs: count, sandboxes: texts }, { owner: text });
const session = shape({ session: text }, { seen: info, path: text, files, owner: text });
const listed = list(shape({ path: text, size: count }, { mime: text }));
const runs = list(shape({ run: text, flow: text, session: text, age: { type: "number" } }, { owner: text }));
const use = shape({ memory: count, lag: { type: "number" }, sandboxes: count, runs, more: count });

/** By method: what is asked, and what is answered. */
const methods: Readonly<Record<string, readonly [params: JsonSchema, answer: JsonSchema]>> = {
  open: [request, any],
  cancel: [shape({ scope: { enum: ["run", "step"] } }), any],
  interrupt: [any, flag],
  input: [answer, any],
  files: [any, listed],
  file: [shape({ path: text }), text],
  release: [any, any],
  sessions: [any, list(info)],
  session: [session, { anyOf: [info, { type: "null" }] }],
  "session-close": [session, flag],
  "session-put": [session, any],
  "session-get": [session, text],
  "session-files": [session, listed],
  "host.use": [any, use],
  "host.settings": [shape({ instance: text, values: { type: "object" }, origin: text }), any],
};

const question = shape({ method: text }, { run: text, host: text });

const validators = new Map<JsonSchema, SchemaValidator>();

/** @throws SluiceError SLUICE_JSON_REFUSED, or SLUICE_USAGE for what no host of this version answers */
export function demandQuestion(asked: unknown): QueueQuestion {
  demand(question, asked, "another host's question");
  const { method, params } = asked as QueueQuestion;
  const known = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (known === undefined) throw new SluiceError("SLUICE_USAGE", "no host answers that", { cure: upgrade });
  demand(known[0], params, `another host's question ${method}`);
  return asked as QueueQuestion;
}

/** Asks the host that a question is for. @throws SluiceError of that host, or SLUICE_JSON_REFUSED for no answer to that */
export async function askHost(queue: RunQueue, question: QueueQuestion, limit?: number): Promise<unknown> {
  const answered = await queue.ask(question, limit);
  const known = Object.hasOwn(methods, question.method) ? methods[question.method] : undefined;
  if (known !== undefined) demand(known[1], answered, `another host's answer to ${question.method}`);
  return answered;
}

/** How a run of the queue is opened. @throws SluiceError SLUICE_JSON_REFUSED for what no host of ours gives to it */
export function demandRequest(given: unknown): QueuedRequest {
  demand(request, given, "a run of the queue");
  return given as QueuedRequest;
}

const upgrade = "See that all hosts of the cluster are of one version, and that nobody else has their account.";

/** The message never quotes what was said. */
function demand(schema: JsonSchema, value: unknown, what: string): void {
  const validate = validators.get(schema) ?? compileSchema(schema);
  validators.set(schema, validate);
  const [issue] = validate(value);
  if (issue === undefined) return;
  throw new SluiceError("SLUICE_JSON_REFUSED", `${what}: ${issue.path || "it"} ${issue.message}`, { cure: upgrade });
}
