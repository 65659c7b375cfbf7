import { joinURL, type ModelInfo, type RemoteProvider } from "../../core/index.ts";
import type { GoogleConfig } from "./config.ts";

export const google: RemoteProvider<GoogleConfig> = {
  name: "google",
  priced: "google",
  async language(config, fetch) {
    const { createGoogle } = await import("@ai-sdk/google");
    const provider = createGoogle({
      apiKey: config.apiKey ?? "",
      baseURL: config.baseURL,
      headers: { ...config.headers },
      fetch,
    });
    return provider.languageModel(config.model);
  },
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
