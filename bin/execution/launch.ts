import type { ProgramInput, RunInput } from "../../core/contract/index.ts";
import { milliseconds } from "../flags.ts";
import { connect } from "../host/connection.ts";
import { failureText } from "../output/failure.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { RunResult } from "./collected.ts";
import { drive } from "./drive.ts";
import { readFiles } from "./files.ts";
import { Interrupts } from "./interrupts.ts";
import { OwnStdin, stdinSpeaks } from "./own-stdin.ts";
import { JsonView, type ProgramRunView } from "./program-view.ts";

/** The flags that `run` and `ask` share. */
export interface LaunchFlags {
  readonly profile?: string;
  readonly flow?: string;
  readonly host?: boolean;
  readonly session?: string;
  readonly timeout?: string;
  readonly put?: readonly string[];
  readonly get?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export interface Launch {
  readonly flags: LaunchFlags;
  /** The flow when `-f` is not given. */
  readonly flow: string;
  readonly read: () => Promise<{ readonly input: RunInput; readonly stdinUsed: boolean }>;
  readonly view: (outputs: Outputs) => ProgramRunView;
}

/** One run from beginning to end, shown on this process's streams. Returns the exit code. */
export async function launch({ flags, flow: fallback, read, view }: Launch): Promise<number> {
  using interrupts = new Interrupts();
  const timeout = milliseconds("timeout", flags.timeout);
  const { input, stdinUsed } = await read();
  const files = await readFiles(flags.put);
  const flow = flags.flow ?? fallback;
  await using connection = await connect({
    profile: flags.profile,
    host: flags.host,
    flow,
    needsHost: flags.session !== undefined,
    needsOwn: flags.get !== undefined && flags.session === undefined,
  });
  if (interrupts.exitCode !== undefined) return interrupts.exitCode;
  using stdin = !stdinUsed && stdinSpeaks() ? new OwnStdin() : undefined;
  const bytes = stdin !== undefined && "code" in input && readsBytes(input) ? { stdin: stdin.bytes() } : {};
  const collected = flags.get === undefined ? undefined : new RunResult(flags.get, { force: flags.force ?? false });
  const saved = Promise.withResolvers<void>();
  const outputs = processOutputs();
  try {
    const handle = await connection.open({
      flow,
      input: { ...input, ...bytes, files: [...(input.files ?? []), ...files] },
      session: flags.session,
      timeout,
      interactive: stdin !== undefined,
      keepUntil: collected && saved.promise,
    });
    const shown = flags.json ? new JsonView(outputs) : view(outputs);
    const exitCode = await drive({ handle, view: shown, outputs, interrupts, stdin, collected });
    const fault = await connection.unstored();
    if (fault === undefined) return exitCode;
    if (exitCode === 0) throw fault;
    await outputs.stderr.write(failureText(fault, process.stderr));
    return exitCode;
  } finally {
    saved.resolve();
  }
}

/** A pipe or a file is the program's standard input. At a terminal, Python's questions are asked with their prompts. */
function readsBytes({ language = "python" }: ProgramInput): boolean {
  return !process.stdin.isTTY || !["python", "notebook"].includes(language);
}
