import { configErrors } from "./config.ts";
import { declaredError, type PluginErrorCode } from "./declared.ts";
import type { ErrorEntry } from "./entry.ts";
import { hostErrors } from "./host.ts";
import { modelErrors } from "./model.ts";
import { pluginErrors } from "./plugin.ts";
import { sandboxErrors } from "./sandbox.ts";
import { wireErrors } from "./wire.ts";

/** Every code there is. `docs/errors.md` is generated from it, and a test holds the two together. */
export const errorCodes = {
  ...configErrors,
  ...pluginErrors,
  ...sandboxErrors,
  ...modelErrors,
  ...hostErrors,
  ...wireErrors,
} as const;

/** A code of this package. */
export type OwnErrorCode = keyof typeof errorCodes;

/** A code that an error may have: one of ours, or one that a plugin's manifest declares. */
export type ErrorCode = OwnErrorCode | PluginErrorCode;

/** What is known of a code, ours or a plugin's; undefined for one that nobody has declared. */
export function errorEntry(code: string): ErrorEntry | undefined {
  return Object.hasOwn(errorCodes, code) ? errorCodes[code as OwnErrorCode] : declaredError(code);
}
