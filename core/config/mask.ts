import { mask, minimumSecret } from "./secrets.ts";

/**
 * A function that replaces every secret in a text by `***`, the longest first, in one pass. Without secrets it gives
 * the text back as it is.
 */
export function createMasker(secrets: readonly string[]): (text: string) => string {
  const pattern = patternOf(secrets);
  if (pattern === undefined) return (text) => text;
  return (text) => text.replace(pattern, mask);
}

/** The same, keeping every column where it is: one `*` for each character. For frames around a place. */
export function createBlotter(secrets: readonly string[]): (text: string) => string {
  const pattern = patternOf(secrets);
  if (pattern === undefined) return (text) => text;
  return (text) => text.replace(pattern, (secret) => secret.replace(/[^\n]/g, "*"));
}

function patternOf(secrets: readonly string[]): RegExp | undefined {
  const usable = [...new Set(secrets)].filter((secret) => secret.length >= minimumSecret);
  if (usable.length === 0) return undefined;
  const longestFirst = usable.sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((secret) => secret.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
}
