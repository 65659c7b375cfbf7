import type { ModelInfo } from "../../core/contract/index.ts";
import { joinURL, type RemoteProvider, requestsOf } from "../../core/kit/index.ts";
import type { GoogleConfig } from "./config.ts";
import { contentFormat } from "./content.ts";

export const google: RemoteProvider<GoogleConfig> = {
  name: "google",
  priced: "google",
  async requests(config) {
    const { createGoogle } = await import("@ai-sdk/google");
    return requestsOf((fetch) => {
      const { apiKey = "", baseURL, headers, model } = config;
      return createGoogle({ apiKey, baseURL, headers: { ...headers }, fetch }).languageModel(model);
    });
  },
  format: () => contentFormat,
  catalogue: (config) => ({
    url: joinURL(config.baseURL, "/models?pageSize=1000"),
    headers: { "x-goog-api-key": config.apiKey ?? "", ...config.headers },
    read: readModels,
  }),
};

/** `{ models: [{ name: "models/gemini-...", displayName, supportedGenerationMethods }] }` */
function readModels(body: unknown): readonly ModelInfo[] {
  const { models } = body as { models: { name: string; displayName?: string }[] };
  return models.map(({ name, displayName }) => ({ id: name.replace(/^models\//, ""), description: displayName }));
}
