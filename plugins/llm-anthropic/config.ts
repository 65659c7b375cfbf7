import type { RemoteModelConfig } from "../../core/index.ts";
import type { LlmAnthropicConfig } from "./config.generated.ts";

export type AnthropicConfig = LlmAnthropicConfig & RemoteModelConfig;
