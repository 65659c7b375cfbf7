import { existsSync, readFileSync } from "node:fs";
import { hostPaths } from "../../core/command-line.ts";
import { type HostEvent, type LogLevel, type RunEvent, SluiceError } from "../../core/contract/index.ts";
import {
  type LogRecord,
  passes,
  plural,
  printable,
  printableJson,
  printableLines,
  toLogRecord,
  waitFor,
} from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { processOutputs } from "../output/output.ts";
import { localTime, painter } from "../output/style.ts";
import { logOfDetached } from "./detached.ts";
import { readHostFile } from "./host-file.ts";
import { openClient } from "./remote.ts";

/** Everything that reads as a line of a log; of a run its course alone. */
const types = [
  ...["log", "plugin-status", "config-changed", "audit", "connection-status", "sandbox-status", "dead-letter"],
  ...["run-start", "run-end", "error", "gap"],
] as const;

/** Entries that the wire gives of the past. */
const mostKept = 5_000;

export interface LogsOptions {
  readonly follow: boolean;
  readonly lines: number;
  readonly level: LogLevel;
  readonly json: boolean;
}

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when there is neither a host nor a log */
export async function showLogs({ follow, lines, level, json }: LogsOptions): Promise<void> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) return showFile(lines);
  using interrupts = new Interrupts();
  await using client = await openClient(up);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const watch = client.watch({ filter: { types: [...types] }, history: lines === 0 ? 0 : mostKept });
  const print = (record: LogRecord) => process.stdout.write(json ? `${printableJson(record)}\n` : lineOf(record));
  // What is below the level takes no place among the newest.
  let past: LogRecord[] | undefined = [];
  const subscription = watch.subscribe({
    next: ({ entries, missing = 0 }) => {
      if (missing > 0)
        process.stderr.write(`[${plural(missing, "entry is", "entries are")} missing: they came too fast]\n`);
      for (const { event } of entries) {
        const record = toLogRecord(event as unknown as HostEvent | RunEvent);
        if (!passes(record.level, level)) continue;
        if (past === undefined) print(record);
        else past.push(record);
      }
    },
    error: (error) => failed.reject(error),
    complete: () => failed.reject(new SluiceError("SLUICE_HOST_UNAVAILABLE", "the host has stopped")),
  });
  // Asked after the watch, and answered after its history.
  await client.call("status");
  for (const record of lines === 0 ? past : past.slice(-lines)) print(record);
  past = undefined;
  const leave = AbortSignal.any([interrupts.leaving, processOutputs().stdout.gone]);
  if (follow) await waitFor(failed.promise, { signal: leave });
  subscription.unsubscribe();
}

function lineOf({ level, time, source, run, message, data }: LogRecord): string {
  const paint = painter(process.stdout);
  const colour = level === "error" || level === "fatal" ? "red" : level === "warn" ? "yellow" : "dim";
  const head = [localTime(time), level.padEnd(5), printable(source), ...(run === undefined ? [] : [printable(run)])];
  const rest = data === undefined || Object.keys(data).length === 0 ? "" : ` ${paint("dim", printableJson(data))}`;
  return `${paint(colour, head.join(" "))} ${printableLines(message)}${rest}\n`;
}

/** What the last host in the background has written: the end of it tells why it is gone. */
function showFile(lines: number): void {
  const path = logOfDetached();
  if (!existsSync(path)) {
    throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up, and none has run in the background", {
      cure: "Start one with `sluice up -d`; the logs of runs are in `sluice runs`.",
    });
  }
  process.stderr.write(`[no host is up; this is ${printable(path)}]\n`);
  const all = readFileSync(path, "utf8").trimEnd().split("\n");
  process.stdout.write(lines === 0 ? "" : `${printableLines(all.slice(-lines).join("\n"))}\n`);
}
