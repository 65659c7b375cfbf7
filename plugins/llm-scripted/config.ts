import type { LlmScriptedConfig } from "./config.generated.ts";

export type ScriptedConfig = LlmScriptedConfig;
export type ScriptedAnswer = Exclude<ScriptedConfig["script"][number], string>;
export type AnswerError = NonNullable<ScriptedAnswer["error"]>;
