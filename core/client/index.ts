/** `sluicebox/client`: the wire's other end, for Node and browsers. */
export { SluiceError } from "../contract/errors.ts";
export type { RunEvent } from "../contract/event.ts";
export { type ClientInput, type RunOptions, SluiceClient, type Welcome } from "./client.ts";
export type { ConnectionState } from "./link.ts";
export type { ClientOptions } from "./options.ts";
export type { RunStream } from "./run-stream.ts";
export type { ClientFrames, ServerFrames } from "./wire.generated.ts";
