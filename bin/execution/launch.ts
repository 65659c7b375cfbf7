import type { ProgramInput, RunHandle, RunInput } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { milliseconds } from "../flags.ts";
import { connect } from "../host/connection.ts";
import { failureText } from "../output/failure.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { RunResult } from "./collected.ts";
import { exitCodeOfCommand, RunVerdict } from "./exit-code.ts";
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
  // First of all: Ctrl-C ends this command from here on, whatever it waits for.
  using interrupts = new Interrupts();
  // 1. What is to be run. A fault of the command line is told before any host is asked for.
  const timeout = milliseconds("timeout", flags.timeout);
  const { input, stdinUsed } = await read();
  const files = await readFiles(flags.put);
  const flow = flags.flow ?? fallback;
  // 2. Where: in the host that is up, else in one of this process, which the end of this block closes.
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
  const verdict = new RunVerdict();
  try {
    // 3. The run begins. Its sandbox is kept until its files are fetched.
    const handle = await connection.open({
      flow,
      input: { ...input, ...bytes, files: [...(input.files ?? []), ...files] },
      session: flags.session,
      timeout,
      interactive: stdin !== undefined,
      keepUntil: collected && saved.promise,
    });
    // 4. Each event is shown, and counts for the verdict.
    const shown = flags.json ? new JsonView(outputs) : view(outputs);
    await show({ handle, view: shown, outputs, interrupts, stdin, collected, verdict });
    // 5. The exit code; a run that is not in the store is told of, and fails what would be a success.
    const [gone, mute] = [outputs.stdout.gone, outputs.stderr.gone];
    const exitCode = exitCodeOfCommand({ verdict, gone, mute, signal: interrupts.signal });
    const fault = await connection.unstored();
    if (fault === undefined) return exitCode;
    if (exitCode === 0) throw fault;
    await outputs.stderr.write(failureText(fault, process.stderr));
    return exitCode;
  } finally {
    saved.resolve();
  }
}

interface ShownRun {
  readonly handle: RunHandle;
  readonly view: ProgramRunView;
  readonly outputs: Outputs;
  readonly interrupts: Interrupts;
  readonly stdin: OwnStdin | undefined;
  /** Where files and results go that the run makes. */
  readonly collected: RunResult | undefined;
  readonly verdict: RunVerdict;
}

/** Follows a run to its end, shows it and answers it; then says what its own output does not tell, and saves its files. */
async function show(run: ShownRun): Promise<void> {
  const { handle, view, outputs, interrupts, stdin, collected, verdict } = run;
  const { gone } = outputs.stdout;
  const leave = (): void => handle.cancel("run");
  gone.addEventListener("abort", leave, { once: true });
  interrupts.watch(handle);
  for await (const event of handle.events()) {
    verdict.observe(event);
    collected?.observe(event);
    // A reader that has gone gets no more, on either stream.
    if (gone.aborted) continue;
    await view.show(event);
    if (event.type === "input-request") void stdin?.answer(event, handle);
    if (event.type === "approval-request") void stdin?.approve(event, handle);
  }
  gone.removeEventListener("abort", leave);
  if (gone.aborted || interrupts.signal !== undefined) return;
  const missing = (await collected?.save(handle)) ?? [];
  for (const line of [...verdict.notes, ...missing]) await outputs.stderr.write(`sluice: ${printable(line)}\n`);
}

/** A pipe or a file is the program's standard input. At a terminal, Python's questions are asked with their prompts. */
function readsBytes({ language = "python" }: ProgramInput): boolean {
  return !process.stdin.isTTY || !["python", "notebook"].includes(language);
}
