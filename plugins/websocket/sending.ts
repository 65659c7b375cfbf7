import { LoopTurns } from "../../core/kit/index.ts";

/** What all connections send shares each turn of the event loop: a run may have a thousand readers, and a reader a flood. */
export const sending = new LoopTurns();
