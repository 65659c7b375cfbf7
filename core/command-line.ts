/** What the command line needs of the core beyond the published entries. Not exported from the package. */

export { setValue } from "./config/edit/edit.ts";
export { profileOutline } from "./config/edit/outline.ts";
export type { LoadResult, Plan, PlannedInstance } from "./config/plan.ts";
export { hostPaths } from "./config/read/env.ts";
export { printProfile } from "./config/report/print-profile.ts";
export { renderGithub, renderJson } from "./config/report/render-machine.ts";
export { renderText } from "./config/report/render-text.ts";
export { parseDuration } from "./config/schema/units.ts";
export { knownEndings, languageOfFile } from "./flow/program-input.ts";
export { neededRole } from "./host/authority/table.ts";
export { flowInfos } from "./host/flow-infos.ts";
export { demandTrust, judgeProfile } from "./host/judge.ts";
export { createOwner, isOwnerAlive } from "./host/owner.ts";
export { writingState } from "./host/state-folder.ts";
export { hostToken, rotateToken } from "./host/token.ts";
export { TrustStore } from "./host/trust-store.ts";
export { eventSelector } from "./journal/select.ts";
export { inTime, isOverTime } from "./kit/untrusted/in-time.ts";
export { eventTypes, hostEventTypes } from "./plugin/checked/event-data.ts";
export { Discoverer } from "./plugin/discover.ts";
export { importPlugin } from "./plugin/import-plugin.ts";
export { loadPlan } from "./plugin/load-plan.ts";
export { runTests, type TestResult } from "./testing/profile/run-tests.ts";
