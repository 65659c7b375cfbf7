import type { RunHost } from "../../core/contract/index.ts";

export interface RunCodeArguments {
  readonly code: string;
  readonly language?: string;
  readonly session?: string;
  readonly timeout?: number;
}

export interface AskArguments {
  readonly prompt: string;
  readonly flow?: string;
  readonly session?: string;
  readonly timeout?: number;
}

export interface FileArguments {
  readonly session: string;
}

export interface GetFileArguments extends FileArguments {
  readonly path: string;
}

export interface PutFilesArguments extends FileArguments {
  readonly files: readonly FileEntry[];
}

export interface FileEntry {
  readonly path: string;
  readonly text?: string;
  readonly base64?: string;
}

export interface ListRunsArguments {
  readonly session?: string;
  readonly status?: string;
  readonly limit?: number;
}

export interface GetRunArguments {
  readonly run: string;
}

const text = (description: string) => ({ type: "string", minLength: 1, description });

const optionalSession = text(
  "Name of a session: variables, files and the conversation stay from one call to the next. Any new name begins one.",
);
const session = text("Name of the session whose workspace is meant.");
const timeout = { type: "number", exclusiveMinimum: 0, description: "Seconds for the whole call." };

function object(properties: object, required: readonly string[] = []): Readonly<Record<string, unknown>> {
  return { type: "object", additionalProperties: false, properties, required };
}

const statuses = ["running", "ok", "failed", "cancelled", "timeout", "budget", "lost"];

export const schemas = {
  run_code: object(
    {
      code: { type: "string", description: "The program." },
      language: text("python (the default), javascript, bash, or a program of the sandbox's image."),
      session: optionalSession,
      timeout,
    },
    ["code"],
  ),
  ask: object(
    {
      prompt: text("What the flow's models are asked."),
      flow: text("Name of a flow, or id of a model that answers alone."),
      session: optionalSession,
      timeout,
    },
    ["prompt"],
  ),
  put_files: object(
    {
      session: text("Name of the session; any new name begins one."),
      files: {
        type: "array",
        minItems: 1,
        items: object(
          {
            path: text("Relative to the workspace."),
            text: { type: "string", description: "Content as text." },
            base64: { type: "string", description: "Content as bytes, in base64." },
          },
          ["path"],
        ),
      },
    },
    ["session", "files"],
  ),
  get_file: object({ session, path: text("Relative to the workspace.") }, ["session", "path"]),
  list_files: object({ session }, ["session"]),
  list_runs: object({
    session: text("Only runs of this session."),
    status: { enum: statuses, description: "Only runs with this status." },
    limit: { type: "integer", minimum: 1, maximum: 200, description: "How many, newest first; default 20." },
  }),
  get_run: object({ run: text("Id of the run, as other tools name it.") }, ["run"]),
};

export const instructions = `Runs code in sandboxed containers and asks flows of language models.
Without a session each call stands alone: a fresh interpreter, and its files are gone afterwards. With a session (any name
you choose) variables, files and the conversation stay. The last part of an answer names the run, how it ended and the
files it made; get_file reads them while the session lives, get_run tells of any run again.`;

export function descriptions({ flows }: RunHost): Readonly<Record<keyof typeof schemas, string>> {
  const named = flows.map(({ name, takes }) => `${name} (takes ${takes})`).join(", ");
  return {
    run_code:
      "Run a program in the sandbox. Gives what it printed, values and pictures it showed, its exit code, and the files it made.",
    ask: `Ask a flow of language models; the code they write runs in the sandbox.${named === "" ? "" : ` Flows: ${named}.`}`,
    put_files: "Put files into the workspace of a session, before or between its programs.",
    get_file: "Read a file of a session's workspace: text, a picture, or bytes.",
    list_files: "List the files of a session's workspace.",
    list_runs: "List runs, newest first, with how they ended.",
    get_run: "Tell what a run gave, or has given so far.",
  };
}
