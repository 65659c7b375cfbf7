import { definePlugin, ModeToken } from "../../core/contract/index.ts";
import type { LogConsoleConfig } from "./config.generated.ts";
import { ConsoleSink } from "./console-sink.ts";

export default definePlugin<LogConsoleConfig>()({
  inject: { mode: ModeToken },
  create: ({ config, mode }) => {
    const stream = config.stream === "stdout" ? process.stdout : process.stderr;
    const pretty = config.format === "pretty" || (config.format === "auto" && stream.isTTY === true);
    // https://no-color.org: set to anything but nothing.
    const colours = stream.isTTY === true && !process.env["NO_COLOR"];
    return new ConsoleSink({
      stream,
      level: mode.terminal ? config.level : "fatal",
      pretty,
      colours,
      redact: config.redact,
    });
  },
});
