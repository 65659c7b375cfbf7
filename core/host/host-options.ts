import type { TrustNeed } from "../config/read/trust.ts";
import type { HostEvent, LogLevel } from "../contract/event.ts";

export interface CreateHostOptions {
  /** Path of a profile. Default `./sluice.yaml`, else the profile that comes with the package. */
  readonly profile?: string;
  /** A profile as an object, instead of a file. */
  readonly config?: unknown;
  /**
   * Whose the profile is. `own` (default): the caller's, and it means what it says. `judge`, as on the command line:
   * its author is unknown. One that reaches beyond the sandbox is refused until a person has trusted it.
   */
  readonly trust?: "own" | "judge";
  /** Kinds of needs that are no reason to refuse, where nothing is started that has them. */
  readonly tolerate?: readonly TrustNeed["kind"][];
  /** From where relative paths start. Default: the process's working directory. */
  readonly cwd?: string;
  /** For `${env:...}` and `SLUICE_HOME`. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Starts only what this flow leads to, with stores and sinks: no transport is opened and no pool filled. */
  readonly only?: string;
  /** The same by instance ids; an empty list starts stores and sinks alone. Beats `only`. */
  readonly instances?: readonly string[];
  /** Opens the transports of the profile. Default false. */
  readonly transports?: boolean;
  /** Instance id to options that replace those of the profile, already in the form that plugins receive. */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Where the profile declares no store, runs are kept in the user's data folder unless this is false. */
  readonly store?: boolean;
  readonly logLevel?: LogLevel;
  /** Whether logs may go to the process's own stdout and stderr. Default true. */
  readonly terminal?: boolean;
  /** Told everything that happens outside of runs, from before the first instance starts. */
  readonly onEvent?: (event: HostEvent) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}
