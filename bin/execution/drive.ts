import { type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import type { Outputs } from "../output/output.ts";
import type { RunResult } from "./collected.ts";
import type { Interrupts } from "./interrupts.ts";
import type { OwnStdin } from "./own-stdin.ts";
import type { ProgramRunView } from "./program-view.ts";
import { exitCodes, RunVerdict } from "./verdict.ts";

export interface DriveOptions {
  readonly handle: RunHandle;
  readonly view: ProgramRunView;
  readonly outputs: Outputs;
  readonly interrupts: Interrupts;
  readonly stdin?: OwnStdin;
  /** Where files and results go that the run makes. */
  readonly collected?: RunResult;
}

/** Follows one run to its end, shows it, answers it, and gives the exit code. */
export async function drive(options: DriveOptions): Promise<number> {
  const { handle, view, outputs, interrupts, stdin, collected } = options;
  const verdict = new RunVerdict();
  const leave = (): void => handle.cancel("run");
  outputs.stdout.gone.addEventListener("abort", leave, { once: true });
  interrupts.watch(handle);
  for await (const event of handle.events()) {
    verdict.observe(event);
    collected?.observe(event);
    // A reader that has gone gets no more, on either stream.
    if (outputs.stdout.gone.aborted) continue;
    await view.show(event);
    if (event.type === "input-request") void stdin?.answer(event, handle);
    if (event.type === "approval-request") void stdin?.approve(handle);
  }
  outputs.stdout.gone.removeEventListener("abort", leave);
  if (outputs.stdout.gone.aborted) {
    if (outputs.stdout.gone.reason instanceof SluiceError) throw outputs.stdout.gone.reason;
    return exitCodes.pipe;
  }
  if (interrupts.exitCode !== undefined) return interrupts.exitCode;
  if (verdict.note !== undefined) await outputs.stderr.write(`sluice: ${printable(verdict.note)}\n`);
  const missing = (await collected?.save(handle)) ?? [];
  for (const line of missing) await outputs.stderr.write(`sluice: ${printable(line)}\n`);
  return verdict.exitCode;
}
