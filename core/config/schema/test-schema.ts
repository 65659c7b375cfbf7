import type { JsonSchema } from "../../contract/json-schema.ts";

const texts: JsonSchema = { type: "array", items: { type: "string" } };

/** What a text has to be: the whole of it, or what it has to contain. */
function text(description: string): JsonSchema {
  return {
    description: `${description} A text is the whole of it, but for line ends at its very end.`,
    anyOf: [
      { type: "string" },
      {
        type: "object",
        additionalProperties: false,
        minProperties: 1,
        properties: {
          contains: { description: "What must be in it: one text, or each of several.", anyOf: [texts, texts.items] },
          matches: { type: "string", description: "A regular expression that must match somewhere in it." },
        },
      },
    ],
  };
}

const expectation: JsonSchema = {
  type: "object",
  additionalProperties: false,
  default: {},
  description: "What has to come of the run. Without any of it, the run has to end as `ok`.",
  properties: {
    status: {
      enum: ["ok", "failed", "cancelled", "timeout", "budget", "lost"],
      description: "How the run ends. Default: `ok`, unless `exitCode` or `errors` is given.",
    },
    exitCode: { type: ["integer", "null"], description: "The program's exit code; null after a signal." },
    text: text("What the models say, without their code."),
    stdout: text("The standard output of all programs, together."),
    stderr: text("The standard error of all programs, together."),
    errors: { ...texts, description: "The codes of all errors, in order; an empty list for none." },
    events: {
      type: "array",
      description: "Events that come in this order; others may lie between them.",
      items: {
        anyOf: [
          { type: "string", minLength: 1, description: "A pattern as of `sluice tap`, such as `box.exec-*`." },
          {
            type: "object",
            additionalProperties: false,
            required: ["event"],
            properties: {
              event: { type: "string", minLength: 1, description: "A pattern as of `sluice tap`." },
              data: { type: "object", description: "Values that its data must have; others may be there." },
            },
          },
        ],
      },
    },
    without: { ...texts, description: "Patterns of events that must not come." },
    snapshot: {
      type: "boolean",
      default: false,
      description: "Hold all events against those kept beside the profile; `--update` keeps the new ones.",
    },
  },
};

const input: JsonSchema = {
  description: "What the run is given: a question, or a program.",
  anyOf: [
    { type: "string" },
    {
      type: "object",
      additionalProperties: false,
      minProperties: 1,
      properties: {
        text: { type: "string", description: "A question to a model." },
        code: { type: "string", description: "A program for the first sandbox of the flow." },
        language: { type: "string", description: "The program's language. Default: by `file`, else python." },
        file: { type: "string", minLength: 1, description: "The path of the program's file in the workspace." },
        args: { ...texts, description: "Arguments of the program." },
        stdin: { type: "string", description: "The program's standard input." },
        files: {
          type: "object",
          additionalProperties: { type: "string" },
          description: "Files of the workspace: their texts, by path.",
        },
      },
    },
  ],
};

const turn: Readonly<Record<string, JsonSchema>> = {
  input,
  answers: {
    type: "array",
    default: [],
    items: { type: ["string", "boolean"] },
    description: "Answers to what the run asks, in order: a text to a program, true or false to an approval.",
  },
  expect: expectation,
};

/** One entry under `tests`. What stands below `models` and `sandboxes` are scripts. Their schema is that of the plugins that play them. */
export const testEnvelope: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    description: { type: "string", description: "What is tried." },
    flow: {
      type: "string",
      minLength: 1,
      description: "The flow. Default: `run` for a program, `chat` for a question.",
    },
    models: {
      type: "object",
      default: {},
      additionalProperties: { type: "array", minItems: 1 },
      description: "What models answer, by instance. A model without a script here is absent: no test asks a real one.",
    },
    sandboxes: {
      type: "object",
      default: {},
      additionalProperties: { type: "array", minItems: 1 },
      description: "What programs do, by instance of a sandbox. A sandbox without a script here is the real one.",
    },
    timeout: { type: "string", "x-unit": "duration", default: "60s", description: "How long each run may take." },
    ...turn,
    turns: {
      type: "array",
      minItems: 1,
      description: "Several runs of one session, instead of `input`, `answers` and `expect`.",
      items: { type: "object", additionalProperties: false, required: ["input"], properties: turn },
    },
  },
};
