import { inspect, styleText } from "node:util";
import type { LogLevel } from "../../core/contract/index.ts";
import { cutText, type LogRecord, printable } from "../../core/kit/index.ts";

type Style = Parameters<typeof styleText>[0];

const levelStyles: Readonly<Record<LogLevel, Style>> = {
  trace: "dim",
  debug: "cyan",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: ["red", "inverse"],
};

/** Characters of one value that a line shows. */
const valueLength = 300;

/** Formats records for people: local time, level, source, message, run, and what the message does not say. */
export function prettyLine({ level, time, source, run, message, data }: LogRecord, colours: boolean): string {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const parts = [
    paint("dim", clockTime(time)),
    paint(levelStyles[level], level.toUpperCase().padEnd(5)),
    paint("bold", printable(source)),
    printable(message),
  ];
  if (run !== undefined) parts.push(paint("dim", `run=${printable(run)}`));
  for (const [key, value] of Object.entries(data ?? {}))
    if (value !== undefined) parts.push(paint("dim", `${printable(key)}=`) + shown(value));
  return `${parts.join(" ")}\n`;
}

function clockTime(time: string): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4 });
  const quoted = typeof value === "string" && /[\s=]|^$/.test(value) ? JSON.stringify(value) : printable(text);
  return quoted.length > valueLength ? `${printable(cutText(quoted, valueLength))}…` : printable(quoted);
}
