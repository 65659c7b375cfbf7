import type { Sink, SinkEntry } from "../contract/sink.ts";

/** A sink for tests that keeps what it was given. */
export class MemorySink implements Sink {
  readonly entries: SinkEntry[] = [];
  flushes = 0;

  write(batch: readonly SinkEntry[]): void {
    this.entries.push(...batch);
  }

  flush(): void {
    this.flushes += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
