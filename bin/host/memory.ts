import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8's young generation as small as it is now. It would grow to 96 MiB under a program's output, nearly all of
 * which is garbage at once: larger halves would not be collected more cheaply, only later.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
