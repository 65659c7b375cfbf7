import type { RemoteModelConfig } from "../../core/kit/index.ts";
import type { LlmOllamaConfig } from "./config.generated.ts";

export type OllamaConfig = LlmOllamaConfig & RemoteModelConfig;
