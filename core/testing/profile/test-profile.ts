import { processEnvironment } from "../../config/read/env.ts";
import { ConfigError } from "../../config/report/config-error.ts";
import { profilePath } from "../../host/profile-path.ts";
import { loadPlan } from "../../plugin/load-plan.ts";
import { type ProfileTestOptions, runTests, type TestResult } from "./run-tests.ts";

/** What is tested, and which tests are run. */
export interface TestProfileOptions extends Omit<ProfileTestOptions, "env"> {
  /** Path of the profile. Default `./sluice.yaml`, else the profile that comes with the package. */
  readonly profile?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the `tests:` of a profile, as `sluice check --run-tests` does, one after the other. The profile is the caller's own.
 * @throws ConfigError when the profile has problems, its tests included
 */
export async function* testProfile(options: TestProfileOptions = {}): AsyncGenerator<TestResult> {
  const { cwd = process.cwd(), env = processEnvironment() } = options;
  const loaded = await loadPlan({ file: profilePath(options.profile, cwd), cwd, env, implicitStore: false });
  if (loaded.plan === undefined) throw new ConfigError(loaded);
  yield* runTests(loaded, { ...options, env });
}
