import { joinURL, type RemoteProvider, readOpenAIList, requestsOf } from "../../core/kit/index.ts";
import type { AnthropicConfig } from "./config.ts";
import { messagesFormat } from "./messages.ts";

/** The version of the Messages interface that the AI SDK speaks too. */
const version = "2023-06-01";

export const anthropic: RemoteProvider<AnthropicConfig> = {
  name: "anthropic",
  priced: "anthropic",
  async requests(config) {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return requestsOf((fetch) => {
      const { apiKey = "", baseURL, headers, model } = config;
      return createAnthropic({ apiKey, baseURL, headers: { ...headers }, fetch }).languageModel(model);
    });
  },
  format: () => messagesFormat,
  catalogue: (config) => ({
    url: joinURL(config.baseURL, "/models?limit=1000"),
    headers: { "x-api-key": config.apiKey ?? "", "anthropic-version": version, ...config.headers },
    // `{ data: [{ id, display_name }] }`, the same form as OpenAI's.
    read: readOpenAIList,
  }),
};
