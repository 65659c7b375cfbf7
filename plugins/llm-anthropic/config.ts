import type { RemoteModelConfig } from "../../core/kit/index.ts";
import type { LlmAnthropicConfig } from "./config.generated.ts";

export type AnthropicConfig = LlmAnthropicConfig & RemoteModelConfig;
