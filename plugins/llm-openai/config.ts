import type { RemoteModelConfig } from "../../core/index.ts";

export interface OpenAIConfig extends RemoteModelConfig {
  readonly api: "responses" | "chat";
  readonly organization?: string;
  readonly project?: string;
}
