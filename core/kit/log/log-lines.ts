import type { LogRecord } from "./log-record.ts";

/** Makes a line of JSON, its line feed included. */
export type LogLines = (record: LogRecord) => string;

/**
 * Lines of JSON as pino writes them, for every sink that keeps logs.
 *
 * `redact` are paths as pino reads them, such as `data.headers.authorization` or `data.*.token`; what stands there is
 * replaced by `***`. pino is loaded by the first call: a host that shows logs to people alone never needs it.
 * @throws Error when a path cannot be read
 */
export async function createLogLines(redact: readonly string[]): Promise<LogLines> {
  const { pino } = await import("pino");
  let written = "";
  const logger = pino(
    {
      base: null,
      timestamp: false,
      level: "trace",
      messageKey: "message",
      formatters: { level: (level) => ({ level }) },
      ...(redact.length === 0 ? {} : { redact: { paths: [...redact], censor: "***" } }),
    },
    {
      write: (line: string) => {
        written = line;
      },
    },
  );
  return ({ level, message, ...rest }) => {
    logger[level](rest, message);
    return written;
  };
}
