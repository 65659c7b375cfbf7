import { homedir } from "node:os";
import { join, resolve } from "node:path";
import envPaths from "env-paths";

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process: the only place of the core that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Where a user's files live. */
export interface HostPaths {
  /** Survives: journals, downloaded models. */
  readonly data: string;
  /** Belongs to running hosts. */
  readonly state: string;
  /** May be deleted at any time. */
  readonly cache: string;
}

/**
 * The customary folders of the platform (XDG on Linux), or those below `SLUICE_HOME`, which moves all three.
 * Nothing is created.
 */
export function hostPaths(env: Environment = processEnvironment()): HostPaths {
  const home = env["SLUICE_HOME"];
  if (home !== undefined && home !== "") {
    const root = resolve(home);
    return { data: join(root, "data"), state: join(root, "state"), cache: join(root, "cache") };
  }
  const { data, cache } = envPaths("sluicebox", { suffix: "" });
  if (process.platform !== "linux") return { data, cache, state: join(data, "state") };
  const state = env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return { data, cache, state: join(state, "sluicebox") };
}
