/** The public door of Sluicebox: what plugins, the command line and programs import. */

export * from "./access.ts";
export { ConfigError } from "./config/config-error.ts";
export type { FlowNode, Plan, PlannedInstance, Problem } from "./config/plan.ts";
export * from "./config/validator.ts";
export { inject, injectable } from "./container.ts";
export * from "./contract/index.ts";
export type { CloseOptions, Host } from "./host/host.ts";
export { type CreateHostOptions, createHost } from "./host.ts";
export { createLogLines, type LogLines } from "./journal/log-lines.ts";
export { type LogRecord, toLogRecord } from "./journal/log-record.ts";
export { eventJson, parseEvent } from "./journal/stamped-event.ts";
export { logLevels, passes } from "./logger.ts";
export * from "./model/index.ts";
