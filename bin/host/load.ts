import { ConfigError, type LoadResult, loadPlan, type Plan } from "../../core/index.ts";
import { profileOf } from "./profile.ts";

/** Reads and checks the profile; nothing is started. */
export function loadProfile(flag: string | undefined): Promise<LoadResult> {
  return loadPlan({ file: profileOf(flag), cwd: process.cwd(), env: process.env });
}

/** @throws ConfigError with everything that is wrong */
export async function loadValidPlan(flag: string | undefined): Promise<Plan> {
  const result = await loadProfile(flag);
  if (result.plan === undefined) throw new ConfigError(result);
  return result.plan;
}
