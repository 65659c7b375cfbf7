import type { RemoteModelConfig } from "../../core/index.ts";

export type GoogleConfig = RemoteModelConfig;
