import type { LogLevel } from "../contract/event.ts";
import type { LogFields, Logger } from "../contract/tokens.ts";
import { passes } from "../kit/log/levels.ts";
import type { HostBus } from "./bus.ts";

/** Writes `log` events to the bus; what is below the level costs nothing but a comparison. */
class BusLogger implements Logger {
  readonly #loggers: Loggers;
  readonly #source: string;

  constructor(loggers: Loggers, source: string) {
    this.#loggers = loggers;
    this.#source = source;
  }

  get level(): LogLevel {
    return this.#loggers.level(this.#source);
  }

  trace(message: string, fields?: LogFields): void {
    this.#write("trace", message, fields);
  }
  debug(message: string, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    if (!passes(level, this.level)) return;
    const { run, ...rest } = fields ?? {};
    this.#loggers.bus.emit("log", this.#source, {
      level,
      message,
      ...(run === undefined ? {} : { run }),
      ...(Object.keys(rest).length === 0 ? {} : { fields: rest }),
    });
  }
}

/** The loggers of a host: one for each instance, whose level may be changed at any time. */
export class Loggers {
  readonly bus: HostBus;
  readonly #levels = new Map<string, LogLevel>();
  readonly #loggers = new Map<string, Logger>();
  #default: LogLevel;

  constructor(bus: HostBus, level: LogLevel = "info") {
    this.bus = bus;
    this.#default = level;
  }

  /** The logger of an instance, or of `core`. Made once each. */
  of(source: string): Logger {
    const known = this.#loggers.get(source);
    if (known !== undefined) return known;
    const logger = new BusLogger(this, source);
    this.#loggers.set(source, logger);
    return logger;
  }

  level(source: string): LogLevel {
    return this.#levels.get(source) ?? this.#default;
  }

  /** For one instance, or for all that have none of their own when `source` is undefined. Undefined takes it back. */
  setLevel(source: string | undefined, level: LogLevel | undefined): void {
    if (source === undefined) this.#default = level ?? "info";
    else if (level === undefined) this.#levels.delete(source);
    else this.#levels.set(source, level);
  }
}
