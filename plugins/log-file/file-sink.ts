import { BehaviorSubject } from "rxjs";
import { type Health, type LogLevel, type Sink, type SinkEntry, SluiceError } from "../../core/contract/index.ts";
import { createLogLines, fileFault, type LogLines, passes, toLogRecord } from "../../core/kit/index.ts";
import type { LogFileConfig } from "./config.generated.ts";
import { RotatingFile, type Rotation } from "./rotating-file.ts";

/** Keeps lines in a file; a batch is with the operating system when its promise resolves. */
export class FileSink implements Sink {
  readonly health$ = new BehaviorSubject<Health>({ status: "ok" });
  readonly #path: string;
  readonly #redact: readonly string[];
  readonly #file: RotatingFile;
  #rotation: Rotation;
  #level: LogLevel;
  /** The host hands over what happens while the file is opened: one call at a time, the opening first. */
  readonly #opening = Promise.withResolvers<LogLines>();
  #starting: Promise<unknown> | undefined;
  #last: Promise<unknown> = this.#opening.promise.catch(() => undefined);
  #disposed = false;

  constructor({
    path,
    home,
    level,
    rotate,
    keep,
    redact,
  }: LogFileConfig & { readonly path: string; readonly home?: string }) {
    this.#path = path;
    this.#redact = redact;
    this.#file = new RotatingFile(path, home);
    this.#rotation = { rotate, keep };
    this.#level = level;
  }

  async start(): Promise<void> {
    const opening = this.#open();
    this.#starting = opening.then(this.#opening.resolve, this.#opening.reject);
    await opening;
  }

  async #open(): Promise<LogLines> {
    const lines = await createLogLines(this.#redact);
    try {
      await this.#file.open();
    } catch (error) {
      throw new SluiceError("PLUGIN_LOG_FILE_UNWRITABLE", `${this.#path} cannot be written: ${fileFault(error)}`, {
        cause: error,
      });
    }
    return lines;
  }

  reconfigure({ level, rotate, keep }: Pick<LogFileConfig, "level" | "rotate" | "keep">): void {
    this.#level = level;
    this.#rotation = { rotate, keep };
  }

  write(batch: readonly SinkEntry[]): Promise<void> | void {
    if (this.#disposed) return;
    const records = batch.map(toLogRecord).filter(({ level }) => passes(level, this.#level));
    if (records.length === 0) return;
    const written = this.#last.then(async () => {
      const format = await this.#opening.promise;
      await this.#write(records.map(format));
    });
    this.#last = written.catch(() => undefined);
    return written;
  }

  async flush(): Promise<void> {
    await this.#last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    if (this.#starting === undefined) this.#opening.reject(new Error("it was never started"));
    await this.#last;
    await this.#file.close();
    this.health$.complete();
  }

  async #write(lines: readonly string[]): Promise<void> {
    try {
      await this.#file.write(lines, this.#rotation);
    } catch (error) {
      this.#report({ status: "degraded", reason: `${this.#path} cannot be written: ${fileFault(error)}` });
      throw error;
    }
    this.#report({ status: "ok" });
  }

  #report(health: Health): void {
    if (health.status !== this.health$.value.status) this.health$.next(health);
  }
}
