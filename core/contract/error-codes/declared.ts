import type { ErrorClass, ErrorEntry } from "./entry.ts";

/**
 * A code of a plugin: `PLUGIN_`, the name of the plugin in capitals, then what is wrong, such as `PLUGIN_PARROT_MUTE`.
 * The plugin's manifest declares it under `errors`.
 */
export type PluginErrorCode = `PLUGIN_${string}`;

/** One entry of `errors` in a manifest. */
export interface DeclaredError {
  readonly class: ErrorClass;
  /** When it happens, in one sentence. Also the message of an error that is made without one. */
  readonly message: string;
  readonly cure: string;
  /** Default false. */
  readonly retryable?: boolean;
  /** Exit code of the command line, 1 to 255. Default: that of the class. */
  readonly exitCode?: number;
}

/** One table for the process: a plugin may carry a copy of this package of its own. */
const key = Symbol.for("sluicebox/declared-errors");
const table = globalThis as { [key]?: Map<string, ErrorEntry> };

/** What the codes of a plugin begin with. */
export function errorPrefixOf(plugin: string): PluginErrorCode {
  return `PLUGIN_${plugin
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_/, "")}_`;
}

/** Called by the host for each manifest it reads; what a plugin declares anew replaces what it declared before. */
export function declareErrors(errors: Readonly<Record<string, DeclaredError>>): void {
  table[key] ??= new Map();
  for (const [code, { message, retryable = false, ...rest }] of Object.entries(errors)) {
    table[key].set(code, { ...rest, retryable, when: message });
  }
}

export function declaredError(code: string): ErrorEntry | undefined {
  return table[key]?.get(code);
}
