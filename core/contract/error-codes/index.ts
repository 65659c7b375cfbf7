import { configErrors } from "./config.ts";
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

export type ErrorCode = keyof typeof errorCodes;
