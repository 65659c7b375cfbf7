import type { Environment } from "./tokens.ts";

/** One thing that `sluice doctor` looked at. `warn` is worth knowing and breaks nothing. */
export interface Finding {
  /** What was looked at, in a word or two, such as `docker` or `image of box`. */
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What a person does about it; there unless all is well. */
  readonly cure?: string;
}

/** What a plugin is given to look at the machine for `sluice doctor`. */
export interface DiagnoseContext<Config> {
  /** The instances of the plugin in the profile; empty where the profile cannot be read. None of them was created. */
  readonly instances: readonly { readonly id: string; readonly config: Config }[];
  readonly environment: Environment;
  readonly signal: AbortSignal;
}
