import { fileURLToPath } from "node:url";
import { SluiceError, textOfThrown } from "../../contract/errors.ts";

/** The instance whose calls are checked, and what becomes of a fault that no caller is left to hear of. */
export interface Party {
  /** Its key in the profile. */
  readonly id: string;
  /** The plugin's name, for the cure. */
  readonly plugin: string;
  /** The plugin's folder, by which its frames are known in a stack. */
  readonly folder: string;
  /** Milliseconds that one call may take, or a stream be silent. */
  readonly callTimeout: number;
  /** Aborts, with the error to end by, when the instance is taken down while something of it is under way. */
  readonly failed: AbortSignal;
  report(error: SluiceError): void;
}

/** What a plugin threw, with the instance, the step, and the line it came from. Typed errors stay as they are. */
export function thrownBy(party: Party, step: string, thrown: unknown, retryable = false): SluiceError {
  if (SluiceError.is(thrown)) return SluiceError.from(thrown);
  const message = `${party.id}: ${step} threw: ${textOfThrown(thrown)}${placeIn(party.folder, thrown)}`;
  return new SluiceError("SLUICE_PLUGIN_FAULT", message, { cause: thrown, cure: cureOf(party), retryable });
}

/** A plugin that did what the contract forbids. */
export function brokenContract(party: Party, step: string, what: string): SluiceError {
  return new SluiceError("SLUICE_PLUGIN_FAULT", `${party.id}: ${step} ${what}`, { cure: cureOf(party) });
}

export function tookTooLong(party: Party, step: string, what: string, limit: number): SluiceError {
  const message = `${party.id}: ${step} ${what} for ${limit / 1000} s`;
  return new SluiceError("SLUICE_PLUGIN_TIMEOUT", message, {
    cure: `See what ${party.plugin} waits for, or give ${party.id} a longer callTimeout.`,
  });
}

function cureOf({ plugin, id }: Party): string {
  return `Report it to the author of ${plugin}, or take ${id} out of the flow.`;
}

/** ` (index.js:12)`: the first line of the stack that lies in the plugin's folder. */
export function placeIn(folder: string, thrown: unknown): string {
  for (const line of stackOf(thrown).split("\n")) {
    const found = /(file:\/\/\/[^\s)]+?|\/[^\s)]+?):(\d+)(?::\d+)?\)?$/.exec(line.trim());
    if (found?.[1] === undefined) continue;
    const path = found[1].startsWith("file:") ? pathOf(found[1]) : found[1];
    if (path.startsWith(`${folder}/`)) return ` (${path.slice(folder.length + 1)}:${found[2]})`;
  }
  return "";
}

/** What was thrown may be anything, and its stack may throw as well. */
function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack) : "";
  } catch {
    return "";
  }
}

export function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

/** What something is, for a message: `a promise`, `undefined`, `a string`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object" && typeof (value as { then?: unknown }).then === "function") return "a promise";
  if (Array.isArray(value)) return "a list";
  return `${/^[aeiou]/.test(typeof value) ? "an" : "a"} ${typeof value}`;
}
