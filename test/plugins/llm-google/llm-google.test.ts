import { google } from "../../../plugins/llm-google/provider.ts";
import { describeProvider } from "../../core/kit/upstream/provider-suite.ts";

describeProvider({
  name: "llm-google",
  provider: google,
  extra: {},
  model: "gemini-3-flash",
  base: (address) => `${address}/v1beta`,
  keyHeader: "x-goog-api-key",
  shown: (data) => ({
    contents: [{ role: "user", parts: [{ inlineData: { mimeType: "image/png", data } }, { text: "See" }] }],
  }),
  catalogue: { body: { models: [{ name: "models/gemini-3-flash" }] }, path: "/v1beta/models?pageSize=1000" },
  half: `data: ${JSON.stringify({ candidates: [{ content: { role: "model", parts: [{ text: "half" }] } }] })}\n\n`,
});
