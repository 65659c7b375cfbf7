import type { LogLevel } from "../../core/index.ts";

/** The options as the plugin receives them; described in plugin.json. */
export interface ConsoleConfig {
  readonly level: LogLevel;
  readonly format: "auto" | "pretty" | "json";
  readonly stream: "stderr" | "stdout";
  readonly redact: readonly string[];
}
