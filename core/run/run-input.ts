import type { Message } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { FlowNode } from "../contract/flow.ts";
import type { HistoryMessage, OpenOptions, ProgramInput, RunInput } from "../contract/run.ts";
import type { SandboxFile } from "../contract/sandbox.ts";
import { picturesIn } from "../flow/pictures.ts";
import { checkEnv, type ProgramEnv } from "../flow/program-env.ts";
import { codeBlockOf } from "../flow/program-input.ts";
import { anyModel } from "../flow/prompt.ts";
import { instancesIn } from "../kit/flow/flow-facts.ts";
import type { RunSetup } from "./run-setup.ts";
import type { Session } from "./sessions.ts";

/** What whoever opened a run allowed it; its time-out is its time. */
export function allowance({ budget, timeout }: Pick<OpenOptions, "budget" | "timeout">): RunSetup["budget"] {
  if (budget === undefined && timeout === undefined) return undefined;
  const times = [budget?.time, timeout].filter((time) => time !== undefined);
  return { ...budget, ...(times.length === 0 ? {} : { time: Math.min(...times) }) };
}

/** What comes with an input, and is told apart from it. */
interface WithInput {
  readonly files: readonly SandboxFile[];
  readonly env: ProgramEnv | undefined;
  readonly stdin: boolean;
}

/** The input as `run-start` tells it: files by their paths, variables by their names, a standard input by its being there. */
export function told(input: Omit<RunInput, "files">, { files, env, stdin }: WithInput): RunSetup["input"] {
  return {
    ...input,
    ...("args" in input && Array.isArray(input.args) ? { args: [...input.args] } : {}),
    ...(env === undefined ? {} : { env: Object.keys(env) }),
    ...(stdin ? { stdin } : {}),
    ...(files.length > 0 ? { files: files.map(({ path }) => path) } : {}),
  };
}

/** @throws SluiceError SLUICE_USAGE */
export function checkInput(input: ProgramInput, cells: boolean): void {
  const { args = [], language } = codeBlockOf({ ...input, files: [] });
  if (input.env) checkEnv(input.env);
  if (!cells || (args.length === 0 && language !== "typescript")) return;
  const what = args.length > 0 ? "has no arguments" : "cannot be TypeScript";
  throw new SluiceError("SLUICE_USAGE", `a cell of a session ${what}`, {
    cure: "Run it as a program, without a session.",
  });
}

/** What is given to a program reaches one. @throws SluiceError SLUICE_USAGE where the flow has no sandbox to run it */
export function checkFlow(flow: string, node: FlowNode, input: RunInput): void {
  if (!("code" in input) || instancesIn(node).some(({ instance }) => instance === "sandbox")) return;
  const { args = [], env = {} } = input;
  const given = [
    ...(args.length > 0 ? ["arguments"] : []),
    ...(Object.keys(env).length > 0 ? ["environment variables"] : []),
  ];
  if (given.length === 0) return;
  throw new SluiceError("SLUICE_USAGE", `the flow ${flow} runs no code, so it takes no ${given.join(" and no ")}`, {
    cure: "Leave them away, or choose a flow with a sandbox.",
  });
}

/**
 * The variables of the input's program, which `checkInput` has looked at.
 *
 * @throws SluiceError SLUICE_PROGRAM_ENV where the session has been given too many
 */
export function envOf(input: RunInput, session: Session | undefined): ProgramEnv | undefined {
  if (!("code" in input) || !input.env || Object.keys(input.env).length === 0) return undefined;
  session?.admitEnv(input.env);
  return { ...input.env };
}

export function toMessage({ role, text, files = [] }: HistoryMessage): Message {
  if (role === "user") {
    const paths = files.map(({ path }) => path);
    return { role, at: 0, text, ...(files.length > 0 ? { files: paths, pictures: picturesIn(files) } : {}) };
  }
  return { role: "model", at: 0, source: anyModel, text, code: [], complete: true };
}

/** Files of what was said before come first, where the run has no session that has them. */
export async function putFiles(session: Session, { input, history = [] }: OpenOptions, alone: boolean): Promise<void> {
  const earlier = alone ? history.flatMap((message) => message.files ?? []) : [];
  const files = [...earlier, ...(input.files ?? [])];
  if (files.length > 0) await session.put(files);
}
