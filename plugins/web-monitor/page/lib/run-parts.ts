import type { Part, ProgramPart } from "../../../../core/kit/transcript/index.ts";
import type { ProgramOutput } from "./program-output.ts";

export type RunPart = Part<ProgramOutput>;
export type RunProgram = ProgramPart<ProgramOutput>;
