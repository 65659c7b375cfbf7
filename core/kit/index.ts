/**
 * `sluicebox/kit`: what authors of plugins would otherwise write again. Nothing here is needed to keep a promise of the
 * contract; a plugin may use as much of it as serves.
 */

export * from "./cluster/cluster-link.ts";
export * from "./cluster/ownership.ts";
export { inject, injectable } from "./decorators.ts";
export * from "./events/event-schema.ts";
export { frameOf } from "./events/frame-of.ts";
export { RunSummary, shownInput } from "./events/run-summary.ts";
export { idBeginning, isIdOf, searchedNames } from "./events/searched-names.ts";
export {
  charactersIn,
  eventBytes,
  eventFrame,
  eventJson,
  parseEvent,
  stamp,
  unframed,
} from "./events/stamped-event.ts";
export { fileFault } from "./file-fault.ts";
export { firstToGo } from "./first-to-go.ts";
export * from "./flow/index.ts";
export { Access, bearerOf, isLoopback, roleAllows } from "./http/access.ts";
export * from "./http/http-service.ts";
export { roomIn } from "./http/room-in.ts";
export * from "./lmc/index.ts";
export { logLevels, passes } from "./log/levels.ts";
export { createLogLines, type LogLines } from "./log/log-lines.ts";
export { type LogRecord, toLogRecord } from "./log/log-record.ts";
export { makeFolder } from "./make-folder.ts";
export { packageRoot } from "./package-root.ts";
export * from "./private-files.ts";
export * from "./reach/index.ts";
export { resultOf } from "./results/result-of.ts";
export { type LargeResult, readLargeResult } from "./results/result-thread.ts";
export { runHost } from "./run-host.ts";
export * from "./service-containers.ts";
export { isBase64 } from "./text/base64.ts";
export { canonicalLanguage } from "./text/code-language.ts";
export * from "./text/cut-text.ts";
export { nearest } from "./text/nearest.ts";
export { missingEvents, plural } from "./text/plural.ts";
export * from "./text/printable.ts";
export { searchWords } from "./text/search-words.ts";
export * from "./text/unknown-name.ts";
export { inTurns } from "./timing/in-turns.ts";
export { type LoopShare, LoopShares, type LoopSharesOptions } from "./timing/loop-shares.ts";
export { LoopTurns, type LoopTurnsOptions } from "./timing/loop-turns.ts";
export * from "./timing/timer.ts";
export * from "./timing/wait.ts";
export * from "./transcript/index.ts";
export * from "./untrusted/index.ts";
export * from "./upstream/index.ts";
