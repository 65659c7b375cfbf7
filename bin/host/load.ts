import { judgeProfile, type LoadResult, type Plan } from "../../core/command-line.ts";
import { ConfigError } from "../../core/index.ts";
import { profileOf } from "./profile.ts";

/** Reads and checks the profile; nothing is started, and of one that nobody trusts no code is imported. */
export function loadProfile(flag: string | undefined): Promise<LoadResult & { readonly trusted: boolean }> {
  return judgeProfile({ file: profileOf(flag), cwd: process.cwd(), env: process.env });
}

/** What the profile says; whether it may be run is asked where something is started. @throws ConfigError */
export async function loadValidPlan(flag: string | undefined): Promise<Plan> {
  const result = await loadProfile(flag);
  if (result.plan === undefined) throw new ConfigError(result);
  return result.plan;
}
