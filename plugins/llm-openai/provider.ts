import { chatFormat, joinURL, type RemoteProvider, readOpenAIList, requestsOf } from "../../core/kit/index.ts";
import type { OpenAIConfig } from "./config.ts";
import { responsesFormat } from "./responses.ts";

export const openAI: RemoteProvider<OpenAIConfig> = {
  name: "openai",
  priced: "openai",
  async requests(config) {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return requestsOf((fetch) => {
      const provider = createOpenAI({
        apiKey: config.apiKey ?? "",
        baseURL: config.baseURL,
        headers: { ...config.headers },
        ...(config.organization === undefined ? {} : { organization: config.organization }),
        ...(config.project === undefined ? {} : { project: config.project }),
        fetch,
      });
      return apiOf(config) === "chat" ? provider.chat(config.model) : provider.responses(config.model);
    });
  },
  format: (config) => (apiOf(config) === "chat" ? chatFormat : responsesFormat),
  // Servers that copy OpenAI's interface have one of the two, and most have the older one.
  cure: (config, { code, message }) =>
    apiOf(config) === "responses" &&
    code === "SLUICE_MODEL_REQUEST" &&
    /\(HTTP 40[45]\)/.test(message) &&
    !isOpenAI(config)
      ? "Set `api: chat`, or use the plugin llm-openai-compatible."
      : undefined,
  catalogue: (config) => ({
    url: joinURL(config.baseURL, "/models"),
    headers: { authorization: `Bearer ${config.apiKey ?? ""}`, ...accountOf(config), ...config.headers },
    read: readOpenAIList,
  }),
  // OpenAI keeps Responses for 30 days unless it is told not to; the conversation is ours and is sent whole each time.
  defaults: { store: false },
};

/** Responses is OpenAI's alone; who copies OpenAI's interface copies Chat Completions. */
function apiOf(config: OpenAIConfig): "responses" | "chat" {
  return config.api ?? (isOpenAI(config) ? "responses" : "chat");
}

function isOpenAI({ baseURL }: OpenAIConfig): boolean {
  return URL.canParse(baseURL) && /(^|\.)api\.openai\.com$/.test(new URL(baseURL).hostname);
}

function accountOf(config: OpenAIConfig): Record<string, string> {
  return {
    ...(config.organization === undefined ? {} : { "openai-organization": config.organization }),
    ...(config.project === undefined ? {} : { "openai-project": config.project }),
  };
}
