import { once } from "node:events";
import { SluiceError } from "../../core/contract/index.ts";
import { fileFault } from "../../core/kit/index.ts";

/** One of the process's own streams: waits while its reader is slow, and says when the reader is gone. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #gone = new AbortController();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      this.#gone.abort(error.code === "EPIPE" ? undefined : outputFailure(error));
    });
  }

  /** Aborts when the reader has closed its end, as `head` does, or with a SluiceError when writing fails. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get stream(): NodeJS.WriteStream {
    return this.#stream;
  }

  /** Resolves when more may be written; what comes after the reader has gone is dropped. */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (this.#gone.signal.aborted || chunk.length === 0) return;
    if (this.#stream.write(chunk)) return;
    await once(this.#stream, "drain", { signal: this.#gone.signal }).catch(() => undefined);
  }
}

export interface Outputs {
  readonly stdout: Output;
  readonly stderr: Output;
}

export function outputFailure(error: Error): SluiceError {
  return new SluiceError("SLUICE_OUTPUT_FAILED", `the output cannot be written: ${fileFault(error)}`, { cause: error });
}

export function processOutputs(): Outputs {
  return { stdout: new Output(process.stdout), stderr: new Output(process.stderr) };
}

/** Resolves when everything written so far has left the process, or its reader is gone. */
export function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable || stream.destroyed) return resolve();
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
