import type { RemoteModelConfig } from "../../core/index.ts";
import type { LlmOpenaiConfig } from "./config.generated.ts";

export type OpenAIConfig = LlmOpenaiConfig & RemoteModelConfig;
