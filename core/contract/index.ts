/**
 * `sluicebox/contract`: everything a plugin implements or is given, and nothing else. Types and comments, with the few
 * values that both sides must share: tokens, errors and `definePlugin`.
 */
export * from "./access.ts";
export type * from "./cluster.ts";
export * from "./conversation.ts";
export * from "./error-codes/index.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./finding.ts";
export * from "./flow.ts";
export * from "./host.ts";
export * from "./json-schema.ts";
export * from "./lifecycle.ts";
export * from "./model.ts";
export * from "./operation.ts";
export * from "./plugin.ts";
export * from "./problem.ts";
export * from "./queue.ts";
export * from "./run.ts";
export * from "./sandbox.ts";
export * from "./sink.ts";
export * from "./stage.ts";
export * from "./store.ts";
export * from "./streams.ts";
export * from "./token.ts";
export * from "./tokens.ts";
export * from "./transport.ts";
export * from "./version.ts";
