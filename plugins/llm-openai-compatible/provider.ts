import { chatFormat, joinURL, type RemoteProvider, readOpenAIList, requestsOf } from "../../core/kit/index.ts";
import type { OpenAICompatibleConfig } from "./config.ts";

export function openAICompatible(name: string): RemoteProvider<OpenAICompatibleConfig> {
  return {
    name,
    async requests(config) {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      return requestsOf((fetch) => {
        const provider = createOpenAICompatible({
          name,
          baseURL: config.baseURL,
          headers: { ...config.headers },
          includeUsage: config.usage,
          fetch,
          ...(config.apiKey ? { apiKey: config.apiKey } : {}),
        });
        return provider.chatModel(config.model);
      });
    },
    format: () => chatFormat,
    catalogue: (config) => ({
      url: joinURL(config.baseURL, "/models"),
      headers: { ...(config.apiKey ? { authorization: `Bearer ${config.apiKey}` } : {}), ...config.headers },
      read: readOpenAIList,
    }),
  };
}
