import type { RemoteModelConfig } from "../../core/index.ts";
import type { LlmGoogleConfig } from "./config.generated.ts";

export type GoogleConfig = LlmGoogleConfig & RemoteModelConfig;
