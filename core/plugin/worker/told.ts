import { Observable, type Subscriber } from "rxjs";
import type { LogLevel } from "../../contract/event.ts";
import type { HostReporter, LogFields, Logger } from "../../contract/tokens.ts";
import { logLevels, passes } from "../../kit/log/levels.ts";
import { plainValue } from "../../kit/text/plain-value.ts";
import type { Notice } from "./protocol.ts";

/**
 * What an instance tells by itself on its way to the host. Whoever tells more than the host takes loses log lines and
 * figures, and that is counted; facts and faults are never lost.
 */
export class Teller {
  #reader: Subscriber<Notice> | undefined;
  #pressure: (() => Promise<void> | undefined) | undefined;
  #lost = 0;

  /** Read by the host, once. */
  stream(pressure: () => Promise<void> | undefined): Observable<Notice> {
    return new Observable((reader) => {
      this.#reader = reader;
      this.#pressure = pressure;
    });
  }

  tell(told: Notice): void {
    this.#reader?.next(told);
  }

  /** What may be lost. */
  mention(told: Notice): void {
    const relief = this.#pressure?.();
    if (relief === undefined) {
      this.tell(told);
      return;
    }
    this.#lost += 1;
    if (this.#lost === 1) void relief.then(() => this.#tellLost());
  }

  #tellLost(): void {
    const message = `${this.#lost} of the log lines and figures were dropped: there were more than the host takes`;
    this.#lost = 0;
    this.tell(["log", "warn", message, {}]);
  }

  /** The level is the host's, by its place in `logLevels`, and may change at any time. */
  logger(place: () => number): Logger {
    const level = (): LogLevel => logLevels[place()] ?? "info";
    const write = (at: LogLevel) => (message: string, fields?: LogFields) => {
      if (passes(at, level())) this.mention(["log", at, String(message), plainValue(fields ?? {})]);
    };
    return {
      get level() {
        return level();
      },
      ...{ trace: write("trace"), debug: write("debug"), info: write("info") },
      ...{ warn: write("warn"), error: write("error") },
    };
  }

  reporter(): HostReporter {
    const report =
      (method: keyof HostReporter) =>
      (...args: unknown[]) =>
        this.mention(["report", method, plainValue(args) as unknown[]]);
    return {
      ...{ metric: report("metric"), sandbox: report("sandbox") },
      ...{ connection: report("connection"), audit: report("audit") },
    };
  }
}
