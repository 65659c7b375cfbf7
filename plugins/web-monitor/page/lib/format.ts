import { cutText } from "../../../../core/client/index.ts";
import { language, t } from "./i18n.ts";

const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** 1024-based, as Docker counts. */
export function bytes(value: number): string {
  let power = 0;
  let rest = value;
  while (rest >= 1024 && power < units.length - 1) {
    rest /= 1024;
    power += 1;
  }
  return `${rest >= 100 || power === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[power]}`;
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1) return "0 ms";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString(language.get() === "zh" ? "zh-CN" : "en-US");
}

export function rate(value: number): string {
  if (value === 0) return "0/s";
  if (value < 10) return `${value.toFixed(1)}/s`;
  return `${count(value)}/s`;
}

/** US dollars; null is a price that nobody knows. */
export function money(value: number | null | undefined): string {
  if (value === null) return t("price unknown");
  if (value === undefined || value === 0) return "$0";
  return value < 0.01 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;
}

/** What a run may use at most. */
export function budgetInWords(budget: Readonly<Record<string, string | number | undefined>> | undefined): string {
  const { usd, tokens, inputTokens, outputTokens, time } = budget ?? {};
  return [
    usd === undefined ? undefined : money(Number(usd)),
    tokens === undefined ? undefined : t("{n|# token|# tokens}", { n: Number(tokens) }),
    inputTokens === undefined ? undefined : t("{n|# token|# tokens} of input", { n: Number(inputTokens) }),
    outputTokens === undefined ? undefined : t("{n|# token|# tokens} of output", { n: Number(outputTokens) }),
    time === undefined ? undefined : duration(Number(time)),
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

export function ago(time: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  if (seconds < 5) return t("just now");
  const [value, unit] =
    seconds < 60
      ? [seconds, "second" as const]
      : seconds < 3600
        ? [Math.floor(seconds / 60), "minute" as const]
        : seconds < 172_800
          ? [Math.floor(seconds / 3600), "hour" as const]
          : [Math.floor(seconds / 86_400), "day" as const];
  const locale = language.get() === "zh" ? "zh-CN" : "en";
  return new Intl.RelativeTimeFormat(locale, { style: "short" }).format(-value, unit);
}

/** How long it is until then. */
export function ahead(time: number, now: number): string {
  const seconds = Math.max(0, Math.round((time - now) / 1000));
  const [value, unit] =
    seconds < 60
      ? [seconds, "second" as const]
      : seconds < 3600
        ? [Math.round(seconds / 60), "minute" as const]
        : [Math.round(seconds / 3600), "hour" as const];
  return new Intl.RelativeTimeFormat(language.get() === "zh" ? "zh-CN" : "en", { style: "short" }).format(value, unit);
}

/** 14:03:12.114, of this machine's time zone. */
export function clock(time: string): string {
  const date = new Date(time);
  const pad = (value: number, width = 2) => String(value).padStart(width, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

export function exact(time: string): string {
  const date = new Date(time);
  return `${date.toLocaleDateString(language.get() === "zh" ? "zh-CN" : "en-GB")} ${clock(time)}`;
}

/** The first line of a text, shortened. */
export function firstLine(text: string, most = 120): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > most || line.length < text.trim().length ? `${cutText(line, most)}…` : line;
}
