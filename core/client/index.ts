export type { ClientFrames, ServerFrames } from "./wire.generated.ts";
