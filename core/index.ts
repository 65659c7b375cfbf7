/** The public door of Sluicebox: what plugins, the command line and programs import. */

export * from "./access.ts";
export * from "./config/validator.ts";
export * from "./contract/index.ts";
export { eventJson, parseEvent } from "./journal/stamped-event.ts";
export * from "./model/index.ts";
export { ConfigError } from "./config/config-error.ts";
export type { FlowNode, Plan, PlannedInstance, Problem } from "./config/plan.ts";
export { inject, injectable } from "./container.ts";
export { type CreateHostOptions, createHost } from "./host.ts";
export type { CloseOptions, Host } from "./host/host.ts";
