/** `sluicebox/client`: the wire's other end, for Node and browsers. */
export { SluiceError } from "../contract/errors.ts";
export type { RunEvent } from "../contract/event.ts";
export { cutText } from "../kit/text/cut-text.ts";
export { eventBounds, parseJson } from "../kit/untrusted/parse-json.ts";
export { SluiceClient, type Welcome } from "./client.ts";
export type { FilePlace } from "./downloads.ts";
export { eventFilter, type FeedEvent, levelOf, levels, runOf, searchText, type WatchFilter } from "./host-events.ts";
export type { WatchBatch, WatchOptions } from "./host-watches.ts";
export type { ConnectionState } from "./link.ts";
export type { ClientOptions } from "./options.ts";
export type { RunOptions, RunStream } from "./run-stream.ts";
export type { ClientFile, ClientInput } from "./uploads.ts";
export type { ClientFrames, ServerFrames } from "./wire.generated.ts";
