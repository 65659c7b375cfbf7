import { joinURL, type RemoteProvider, readOpenAIList } from "../../core/index.ts";
import type { OpenAIConfig } from "./config.ts";

export const openAI: RemoteProvider<OpenAIConfig> = {
  name: "openai",
  priced: "openai",
  async language(config, fetch) {
    const { createOpenAI } = await import("@ai-sdk/openai");
    const provider = createOpenAI({
      apiKey: config.apiKey ?? "",
      baseURL: config.baseURL,
      headers: { ...config.headers },
      ...(config.organization === undefined ? {} : { organization: config.organization }),
      ...(config.project === undefined ? {} : { project: config.project }),
      fetch,
    });
    return config.api === "chat" ? provider.chat(config.model) : provider.responses(config.model);
  },
  catalogue: (config) => ({
    url: joinURL(config.baseURL, "/models"),
    headers: { authorization: `Bearer ${config.apiKey ?? ""}`, ...accountOf(config), ...config.headers },
    read: readOpenAIList,
  }),
  // OpenAI keeps Responses for 30 days unless it is told not to; the conversation is ours and is sent whole each time.
  defaults: { store: false },
};

function accountOf(config: OpenAIConfig): Record<string, string> {
  return {
    ...(config.organization === undefined ? {} : { "openai-organization": config.organization }),
    ...(config.project === undefined ? {} : { "openai-project": config.project }),
  };
}
