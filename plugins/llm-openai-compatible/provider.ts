import { joinURL, type RemoteProvider, readOpenAIList } from "../../core/index.ts";
import type { OpenAICompatibleConfig } from "./config.ts";

export function openAICompatible(name: string): RemoteProvider<OpenAICompatibleConfig> {
  return {
    name,
    async language(config, fetch) {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const provider = createOpenAICompatible({
        name,
        baseURL: config.baseURL,
        headers: { ...config.headers },
        includeUsage: config.usage,
        fetch,
        ...(config.apiKey ? { apiKey: config.apiKey } : {}),
      });
      return provider.chatModel(config.model);
    },
    catalogue: (config) => ({
      url: joinURL(config.baseURL, "/models"),
      headers: { ...(config.apiKey ? { authorization: `Bearer ${config.apiKey}` } : {}), ...config.headers },
      read: readOpenAIList,
    }),
  };
}
