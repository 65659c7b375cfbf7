/** What the command line needs of the core beyond the published entries. Not exported from the package. */

export { hostPaths } from "./config/env.ts";
export { loadPlan } from "./config/load.ts";
export type { LoadResult, Plan, PlannedInstance } from "./config/plan.ts";
export { renderGithub, renderJson } from "./config/render-machine.ts";
export { renderText } from "./config/render-text.ts";
export { parseDuration } from "./config/units.ts";
export { knownEndings, languageOfFile } from "./flow/program-input.ts";
export { neededRole } from "./host/authority/table.ts";
export { flowInfos } from "./host/flows.ts";
export { judgeProfile } from "./host/judge.ts";
export { createOwner, isOwnerAlive } from "./host/owner.ts";
export { hostToken, rotateToken } from "./host/token.ts";
export { TrustStore } from "./host/trust-store.ts";
export { Discoverer } from "./plugin/discover.ts";
export { importPlugin } from "./plugin/import-plugin.ts";
