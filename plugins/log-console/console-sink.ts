import type { Writable } from "node:stream";
import type { LogLevel, Sink, SinkEntry } from "../../core/contract/index.ts";
import { createLogLines, eventBounds, type LogRecord, parseJson, passes, toLogRecord } from "../../core/kit/index.ts";
import type { LogConsoleConfig } from "./config.generated.ts";
import { prettyLine } from "./pretty-lines.ts";

export interface ConsoleSinkOptions {
  readonly stream: Writable;
  readonly level: LogLevel;
  readonly pretty: boolean;
  readonly colours: boolean;
  readonly redact: readonly string[];
}

/** Writes lines to a stream that belongs to the process: it waits for it, and never ends it. */
export class ConsoleSink implements Sink {
  readonly #options: ConsoleSinkOptions;
  #level: LogLevel;
  #format: ((record: LogRecord) => string) | undefined;
  /** Nobody reads any more, as after `sluice up | head`. */
  #gone = false;

  constructor(options: ConsoleSinkOptions) {
    this.#options = options;
    this.#level = options.level;
  }

  async start(): Promise<void> {
    const { stream, pretty, colours, redact } = this.#options;
    const lines = pretty && redact.length === 0 ? undefined : await createLogLines(redact);
    stream.on("error", this.#onError);
    this.#format = (record) => {
      if (!pretty && lines !== undefined) return lines(record);
      // Redaction is pino's; its line is read again, so that both formats hide the same.
      return prettyLine(lines === undefined ? record : (parseJson(lines(record), eventBounds) as LogRecord), colours);
    };
  }

  reconfigure({ level }: Pick<LogConsoleConfig, "level">): void {
    this.#level = level;
  }

  write(batch: readonly SinkEntry[]): Promise<void> | void {
    const format = this.#format;
    if (format === undefined || this.#gone) return;
    const untold = batch.filter(({ data }) => !("told" in data && data.told === true));
    const records = untold.map(toLogRecord).filter(({ level }) => passes(level, this.#level));
    if (records.length > 0) return this.#put(records.map(format).join(""));
  }

  async flush(): Promise<void> {
    if (this.#format !== undefined && !this.#gone) await this.#put("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    this.#format = undefined;
    this.#options.stream.off("error", this.#onError);
  }

  /** Resolves when the text has left, or when it never will. */
  #put(text: string): Promise<void> {
    const { stream } = this.#options;
    return new Promise((resolve) => {
      const done = () => {
        stream.off("close", done);
        resolve();
      };
      stream.once("close", done);
      stream.write(text, (error) => {
        if (error) this.#gone = true;
        done();
      });
    });
  }

  readonly #onError = (): void => {
    this.#gone = true;
  };
}
