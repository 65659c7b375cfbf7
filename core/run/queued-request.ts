import type { HistoryMessage, OpenOptions, RunInput } from "../contract/run.ts";
import type { SandboxFile } from "../contract/sandbox.ts";

/** Options that are told apart, or stay with whoever opens the run. */
interface OwnParts {
  readonly input: unknown;
  readonly history: unknown;
  readonly approve: unknown;
  readonly keepUntil: unknown;
  readonly mayRead: unknown;
  readonly key: unknown;
}

/** How a run is opened, as JSON. */
export interface QueuedRequest {
  /** The name of the session that is the run's own. */
  readonly alone: string;
  readonly options: Omit<OpenOptions, keyof OwnParts>;
  readonly input: Omit<RunInput, "files">;
  readonly files: readonly FileText[];
  readonly history?: readonly (Omit<HistoryMessage, "files"> & { readonly files: readonly FileText[] })[];
  readonly approve: boolean;
  /** Its sandbox is kept after its end until whoever opened it lets go. */
  readonly keep: boolean;
}

export interface FileText {
  readonly path: string;
  readonly base64: string;
}

/** Whether a run can be told to another host: what reads on while it runs, or asks back, cannot. */
export function canTravel({ input, continues }: OpenOptions): boolean {
  const stdin = "stdin" in input ? input.stdin : undefined;
  // What a queue is told, its servers keep: no place for the value of a variable.
  const env = "env" in input && input.env !== undefined;
  return continues === undefined && !env && (stdin === undefined || typeof stdin === "string");
}

export function toRequest(opened: OpenOptions, flow: string, alone: string): QueuedRequest {
  const { input, history, approve, keepUntil, mayRead: _mayRead, key: _key, ...options } = opened;
  const { files = [], ...rest } = input;
  return {
    alone,
    options: { ...options, flow },
    input: rest,
    files: files.map(toText),
    ...(history && { history: history.map((each) => ({ ...each, files: (each.files ?? []).map(toText) })) }),
    approve: approve?.() ?? false,
    keep: keepUntil !== undefined,
  };
}

/** `keepUntil`: what holds the sandbox of a run that is to be kept. */
export function fromRequest(request: Omit<QueuedRequest, "alone">, keepUntil: () => Promise<unknown>): OpenOptions {
  const { options, input, files, history, approve, keep } = request;
  return {
    ...options,
    input: { ...input, files: files.map(toFile) } as unknown as RunInput,
    ...(history && { history: history.map((each) => ({ ...each, files: each.files.map(toFile) })) }),
    ...(approve ? { approve: () => true } : {}),
    ...(keep ? { keepUntil: keepUntil() } : {}),
  };
}

export function toText({ path, content }: SandboxFile): FileText {
  return { path, base64: Buffer.from(content).toString("base64") };
}

export function toFile({ path, base64 }: FileText): SandboxFile {
  return { path, content: Buffer.from(base64, "base64") };
}
