import type { RemoteModelConfig } from "../../core/kit/index.ts";
import type { LlmGoogleConfig } from "./config.generated.ts";

export type GoogleConfig = LlmGoogleConfig & RemoteModelConfig;
