import type { RemoteModelConfig } from "../../core/kit/index.ts";
import type { LlmOpenaiConfig } from "./config.generated.ts";

export type OpenAIConfig = LlmOpenaiConfig & RemoteModelConfig;
