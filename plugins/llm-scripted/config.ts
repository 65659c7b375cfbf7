import type { LlmScriptedConfig } from "./config.generated.ts";

export type ScriptedConfig = LlmScriptedConfig;
export type Answer = Exclude<ScriptedConfig["script"][number], string>;
export type AnswerError = NonNullable<Answer["error"]>;
