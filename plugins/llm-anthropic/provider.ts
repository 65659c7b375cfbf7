import { joinURL, type RemoteProvider, readOpenAIList } from "../../core/index.ts";
import type { AnthropicConfig } from "./config.ts";

/** The version of the Messages interface that the AI SDK speaks too. */
const version = "2023-06-01";

export const anthropic: RemoteProvider<AnthropicConfig> = {
  name: "anthropic",
  priced: "anthropic",
  async language(config, fetch) {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    const provider = createAnthropic({
      apiKey: config.apiKey ?? "",
      baseURL: config.baseURL,
      headers: { ...config.headers },
      fetch,
    });
    return provider.languageModel(config.model);
  },
  catalogue: (config) => ({
    url: joinURL(config.baseURL, "/models?limit=1000"),
    headers: { "x-api-key": config.apiKey ?? "", "anthropic-version": version, ...config.headers },
    // `{ data: [{ id, display_name }] }`, the same form as OpenAI's.
    read: readOpenAIList,
  }),
};
