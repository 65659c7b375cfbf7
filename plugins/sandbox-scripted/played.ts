import { Observable, type Subscriber } from "rxjs";
import type { Clock, EventData, ExecEvent, ExecuteOptions } from "../../core/contract/index.ts";
import type { SandboxScriptedConfig } from "./config.generated.ts";

export type ScriptedProgram = Exclude<SandboxScriptedConfig["script"][number], string>;

export interface PlayedProgram {
  readonly code: string;
  readonly options: ExecuteOptions;
  readonly clock: Clock;
  readonly interrupt: AbortSignal;
  /** What it does; throws where the script says nothing of it. */
  readonly program: () => ScriptedProgram;
  readonly keep: (path: string, content: Uint8Array) => void;
}

type End = EventData["exec-end"];
const exited: End = {
  ...{ status: "exited", exitCode: 0, signal: null, stateLost: false, wallMs: 0, cpuMs: 0, peakBytes: 0 },
};

/** The events of one program, as its script has them. */
export function played(what: PlayedProgram): Observable<ExecEvent> {
  return new Observable((reader) => {
    const left = new AbortController();
    play(what, reader, left.signal).then(
      (end) => {
        reader.next({ type: "exec-end", data: end });
        reader.complete();
      },
      (error: unknown) => reader.error(error),
    );
    return () => left.abort();
  });
}

async function play(what: PlayedProgram, reader: Subscriber<ExecEvent>, left: AbortSignal): Promise<End> {
  const { code, options, clock, interrupt, keep } = what;
  const { stdout, stderr, files = {}, wait = 0, hang, exitCode = 0, error } = what.program();
  const stop = AbortSignal.any([left, interrupt, ...(options.signal === undefined ? [] : [options.signal])]);
  reader.next({ type: "exec-start", data: { language: options.language, code } });
  if (wait > 0) await clock.sleep(wait, stop).catch(() => undefined);
  if (!stop.aborted) {
    if (stdout) reader.next({ type: "exec-stdout", data: { text: stdout, offset: 0 } });
    if (stderr) reader.next({ type: "exec-stderr", data: { text: stderr, offset: 0 } });
    for (const [path, text] of Object.entries(files)) {
      const content = new TextEncoder().encode(text);
      keep(path, content);
      reader.next({ type: "exec-file", data: { path, size: content.length, mime: "text/plain" } });
    }
  }
  if (hang && !stop.aborted && !(await ended(stop, options.timeout, clock))) {
    return { ...exited, status: "timeout", exitCode: null, signal: "SIGKILL", stateLost: true };
  }
  if (interrupt.aborted) return { ...exited, status: "signalled", exitCode: null, signal: "SIGINT" };
  if (stop.aborted) return { ...exited, status: "killed", exitCode: null, signal: "SIGKILL", stateLost: true };
  return { ...exited, exitCode, ...(error === undefined ? {} : { error }) };
}

/** Whether it was stopped before its time was over. */
async function ended(stop: AbortSignal, timeout: number | undefined, clock: Clock): Promise<boolean> {
  if (timeout !== undefined && timeout > 0) {
    return clock.sleep(timeout, stop).then(
      () => false,
      () => true,
    );
  }
  await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
  return true;
}
