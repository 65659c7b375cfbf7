import type { RemoteModelConfig } from "../../core/index.ts";
import type { LlmOpenaiCompatibleConfig } from "./config.generated.ts";

export type OpenAICompatibleConfig = LlmOpenaiCompatibleConfig & RemoteModelConfig;
