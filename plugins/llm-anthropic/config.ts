import type { RemoteModelConfig } from "../../core/index.ts";

export type AnthropicConfig = RemoteModelConfig;
