/** The public door of Sluicebox: what plugins, the command line and programs import. */

export * from "./access.ts";
export { authority, type Method, neededRole, type Standing, surfaces } from "./authority-table.ts";
export { ConfigError } from "./config/config-error.ts";
export { setValue } from "./config/edit.ts";
export { type HostPaths, hostPaths } from "./config/env.ts";
export { isAbsent } from "./config/flow-facts.ts";
export { loadPlan } from "./config/load.ts";
export { createMasker } from "./config/mask.ts";
export type {
  DiscoveredPlugin,
  FlowNode,
  LoadOptions,
  LoadResult,
  Plan,
  PlannedInstance,
  Problem,
} from "./config/plan.ts";
export { profileSchema } from "./config/profile-schema.ts";
export { renderGithub, renderJson } from "./config/render-machine.ts";
export { renderText } from "./config/render-text.ts";
export { parseDuration } from "./config/units.ts";
export * from "./config/validator.ts";
export { inject, injectable } from "./container.ts";
export * from "./contract/index.ts";
export { knownEndings, languageOfFile } from "./flow/program-input.ts";
export { HostOfTransport } from "./host/authority/transport-host.ts";
export { FeedRing } from "./host/feed.ts";
export { flowInfos } from "./host/flows.ts";
export { Grants } from "./host/grants.ts";
export type { CloseOptions, Host } from "./host/host.ts";
export { judgeProfile } from "./host/judge.ts";
export { createOwner, isOwnerAlive } from "./host/owner.ts";
export { runHost } from "./host/run-host.ts";
export { hostToken, rotateToken } from "./host/token.ts";
export { type TrustedProfile, TrustStore } from "./host/trust-store.ts";
export { type CreateHostOptions, createHost } from "./host.ts";
export { createLogLines, type LogLines } from "./journal/log-lines.ts";
export { type LogRecord, toLogRecord } from "./journal/log-record.ts";
export { eventBytes, eventJson, parseEvent } from "./journal/stamped-event.ts";
export * from "./kit/transcript/index.ts";
export * from "./lmc/index.ts";
export { logLevels, passes } from "./logger.ts";
export * from "./model/index.ts";
export { packageRoot } from "./package-root.ts";
export { Discoverer, type Discovery } from "./plugin/discover.ts";
export { importPlugin } from "./plugin/import-plugin.ts";
export * from "./untrusted/index.ts";
