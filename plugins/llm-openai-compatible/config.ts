import type { RemoteModelConfig } from "../../core/kit/index.ts";
import type { LlmOpenaiCompatibleConfig } from "./config.generated.ts";

export type OpenAICompatibleConfig = LlmOpenaiCompatibleConfig & RemoteModelConfig;
