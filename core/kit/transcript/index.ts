/** The transcript: one reducer from the events of a run to what people and models read. Runs in browsers. */
export { BranchesInTurn } from "./branches-in-turn.ts";
export { LineState } from "./line-state.ts";
export { markdownBlocks, markdownWords, validParts, type WholeProgram } from "./markdown-text.ts";
export {
  type AnswerPart,
  type CodePart,
  isWithin,
  type Lane,
  type NotePart,
  type Part,
  type ProgramPart,
  succeeded,
  type TextPart,
  type TranscriptEvent,
  type TranscriptEventOf,
  type TranscriptNode,
} from "./parts.ts";
export {
  type OutputData,
  type OutputPiece,
  type OutputStream,
  type ProgramRecord,
  type ShownValue,
  WholeRecord,
} from "./program-record.ts";
export { SettledEvents, settledParts, staysAfter } from "./settled.ts";
export { Transcript } from "./transcript.ts";
export { outputText, type TextPiece, TranscriptText } from "./transcript-text.ts";
