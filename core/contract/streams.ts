import type { RunHost } from "./run.ts";

/** What a transport is given that serves one client over a pair of streams. */
export interface StreamContext<Config> {
  readonly config: Config;
  readonly host: RunHost;
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: ByteOutput;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Takes what went wrong beside the protocol, such as a line that is none of it. */
  readonly report: (problem: string) => void;
}

/** What Node's `Writable` promises, as far as a plugin needs it. */
export interface ByteOutput {
  /** Returns whether more may be written at once; `done` is called when this piece has left, or could not. */
  write(data: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}
