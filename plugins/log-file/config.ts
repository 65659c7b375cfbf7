import type { LogLevel } from "../../core/index.ts";

/** The options as the plugin receives them; described in plugin.json. */
export interface LogFileConfig {
  /** Absolute path. */
  readonly path?: string;
  readonly level: LogLevel;
  /** Bytes. */
  readonly rotate: number;
  readonly keep: number;
  readonly redact: readonly string[];
}
