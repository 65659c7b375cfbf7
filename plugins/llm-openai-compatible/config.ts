import type { RemoteModelConfig } from "../../core/index.ts";

export interface OpenAICompatibleConfig extends RemoteModelConfig {
  readonly name: string;
  /** Whether to ask for token counts at the end of the stream. */
  readonly usage: boolean;
}
