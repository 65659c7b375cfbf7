import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

export type Unit = "duration" | "size" | "address" | "path" | "origin";

const durations: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const powers: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4 };

/**
 * What a unit looks like, as a regular expression for editors. One source for them and for the parsers below.
 * Sizes are read as Docker reads them: 1k = 1kb = 1kib = 1024 bytes, in either case.
 */
export const unitPatterns: Readonly<Record<Unit, string>> = {
  duration: "^\\d+(\\.\\d+)?(ms|s|m|h|d)$",
  size: "^\\d+(\\.\\d+)?([bB]|[kKmMgGtT]([iI]?[bB])?)$",
  address: "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?):\\d{1,5}$",
  path: "^[^\\u0000]+$",
  origin: "^(null|[A-Za-z][A-Za-z0-9+.-]*://[^/?#*@\\s]+)$",
};

const compiled = new Map(Object.entries(unitPatterns).map(([unit, pattern]) => [unit, new RegExp(pattern)]));

/** Milliseconds of `500ms`, `30s`, `5m`, `1.5h`, `7d`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const scale = durations[match?.[2] ?? ""];
  const milliseconds = match === null || scale === undefined ? Number.NaN : Math.round(Number(match[1]) * scale);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/** Bytes of `100b`, `64k`, `512m`, `50MB`, `1GiB`; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([bkmgt])(?:i?b)?$/i.exec(text);
  if (match === null || !compiled.get("size")?.test(text)) return undefined;
  const bytes = Math.floor(Number(match[1]) * 1024 ** (powers[(match[2] ?? "").toLowerCase()] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `host:port`, IPv6 hosts in brackets; undefined when it is none. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  if (!compiled.get("address")?.test(text)) return undefined;
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  return port > 65_535 ? undefined : { host: text.slice(0, colon), port };
}

/** A browser's origin as browsers write it: in small letters, without the port that its scheme has anyway; undefined when it is none. */
function parseOrigin(text: string): string | undefined {
  if (text === "null") return text;
  if (!compiled.get("origin")?.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, host, origin } = new URL(text);
  // Those of extensions and of editors' views have no origin of their own in the standard; browsers name them so.
  if (origin === "null") return protocol === "file:" ? undefined : `${protocol}//${host}`;
  return /^https?:$/.test(protocol) ? origin : undefined;
}

export function isUnit(unit: unknown): unit is Unit {
  return typeof unit === "string" && compiled.has(unit);
}

/** Whether the text can be read as that unit. */
export function fitsUnit(unit: Unit, text: string): boolean {
  return coerceUnit(unit, text, "/") !== undefined;
}

/** What a plugin receives for the text a user wrote; paths start at `folder`, `~/` is the user's home. */
export function coerceUnit(unit: Unit, text: string, folder: string): string | number | undefined {
  switch (unit) {
    case "duration":
      return parseDuration(text);
    case "size":
      return parseSize(text);
    case "address": {
      const address = parseAddress(text);
      return address === undefined ? undefined : `${oneSpelling(address.host)}:${address.port}`;
    }
    case "path":
      if (text === "" || text.includes("\0")) return undefined;
      if (text.startsWith("~/")) return join(homedir(), text.slice(2));
      return isAbsolute(text) ? text : resolve(folder, text);
    case "origin":
      return parseOrigin(text);
  }
}

/**
 * A host as its address is written: `127.1` is 127.0.0.1, `[0:0:0:0:0:0:0:1]` is `[::1]`. So transports that mean the same
 * address share it. `localhost` may also resolve to ::1; here it is 127.0.0.1.
 */
function oneSpelling(host: string): string {
  const small = host.toLowerCase();
  if (/^localhost\.?$/.test(small)) return "127.0.0.1";
  if (!URL.canParse(`http://${small}/`)) return small;
  const { hostname } = new URL(`http://${small}/`);
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname);
  if (mapped === null) return hostname;
  const bytes = mapped.slice(1).flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff]);
  return bytes.join(".");
}

/** How to write it, starting from what was written where that makes sense. */
export function unitExample(unit: Unit, value: unknown): string {
  const number = /^\d+(\.\d+)?$/.test(String(value)) ? String(value) : undefined;
  switch (unit) {
    case "duration":
      return `${number ?? "30"}s`;
    case "size":
      return `${number ?? "512"}m`;
    case "address":
      return `127.0.0.1:${number !== undefined && Number(number) <= 65_535 ? number : "8000"}`;
    case "path":
      return "./folder/file";
    case "origin":
      return originExample(String(value));
  }
}

/** The origin of what was written, where it is an address with something before or behind its origin. */
function originExample(text: string): string {
  const local = /^(localhost|\d|\[)/i.test(text);
  const whole = text.includes("://") ? text : `${local ? "http" : "https"}://${text}`;
  const [origin = ""] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+(?=[/?#]|$)/i.exec(whole) ?? [];
  return parseOrigin(origin) ?? "https://example.org";
}
