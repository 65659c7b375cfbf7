import type { HostEvent, LogLevel, PluginStatus, RunEvent } from "../../contract/event.ts";
import type { SinkEntry } from "../../contract/sink.ts";
import { cutText } from "../text/cut-text.ts";
import { plural } from "../text/plural.ts";

/** An entry as a line of a log. */
export interface LogRecord {
  readonly level: LogLevel;
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** The instance it comes from, or `core`. */
  readonly source: string;
  readonly type: SinkEntry["type"];
  readonly run?: string;
  readonly seq?: number;
  readonly message: string;
  /** What the message does not say. */
  readonly data?: Readonly<Record<string, unknown>>;
}

const statusLevels: Readonly<Record<PluginStatus, LogLevel>> = {
  starting: "debug",
  ok: "info",
  degraded: "warn",
  failed: "error",
  stopping: "debug",
  stopped: "debug",
  absent: "info",
};

/**
 * How anything that a sink is given reads in a log. The course of runs and the state of instances is `info` or worse;
 * what happens inside of runs is `debug`, and metrics are `trace`.
 */
export function toLogRecord(entry: SinkEntry): LogRecord {
  const { time, source, type } = entry;
  if ("seq" in entry) return { time, source, type, run: entry.run, seq: entry.seq, ...runLine(entry) };
  return { time, source, type, ...hostLine(entry) };
}

type Line = Pick<LogRecord, "level" | "message" | "data"> & { readonly run?: string };

function runLine(event: RunEvent): Line {
  switch (event.type) {
    case "run-start": {
      const { flow, session, input } = event.data;
      return { level: "info", message: `run of ${flow} begins`, data: { flow, session, input: shorten(input) } };
    }
    case "run-end": {
      const { status, ...data } = event.data;
      return { level: status === "ok" ? "info" : "warn", message: `run ended: ${status}`, data };
    }
    case "error": {
      const { message, ...data } = event.data;
      return { level: "error", message, data };
    }
    case "gap":
      return { level: "warn", message: "events are missing", data: { ...event.data } };
    default:
      return { level: "debug", message: event.type, data: event.data as Record<string, unknown> };
  }
}

function hostLine(event: HostEvent): Line {
  switch (event.type) {
    case "log": {
      const { level, message, run, fields } = event.data;
      return { level, message, ...(run !== undefined && { run }), ...(fields !== undefined && { data: fields }) };
    }
    case "plugin-status": {
      const { status, reason } = event.data;
      return { level: statusLevels[status], message: reason === undefined ? status : `${status}: ${reason}` };
    }
    case "plugin-metric": {
      const { name, value, unit = "" } = event.data;
      return { level: "trace", message: `${name} ${value} ${unit}`.trim() };
    }
    case "sandbox-status": {
      const { status, ...data } = event.data;
      return { level: "debug", message: `container ${status}`, data };
    }
    case "connection-status": {
      const { status, ...data } = event.data;
      return { level: "debug", message: `connection ${status}`, data };
    }
    case "config-changed":
      return { level: "info", message: `${event.data.path} was changed`, data: { origin: event.data.origin } };
    case "audit": {
      const { action, ...data } = event.data;
      return { level: "info", message: action, data };
    }
    case "dead-letter": {
      const { reason, ...data } = event.data;
      return { level: "error", message: `an entry was refused: ${reason}`, data };
    }
  }
}

/** Characters of a run's input that a line shows. */
const shown = 200;

function shorten(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const short = (value: unknown) =>
    typeof value === "string" && value.length > shown
      ? `${cutText(value, shown)} … ${plural(value.length, "character")}`
      : value;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, short(value)]));
}
