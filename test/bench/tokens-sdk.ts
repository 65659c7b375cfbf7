/** The AI SDK without anything around it: `node tokens-sdk.ts PORT` asks when told to, and reports what it measured. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Stopwatch } from "./tokens-stopwatch.ts";

const baseURL = `http://127.0.0.1:${process.argv[2]}/v1`;
const provider = createOpenAICompatible({ name: "bench", baseURL, includeUsage: true });

process.on("message", async (model: string) => {
  const watch = new Stopwatch();
  const { stream } = await provider.chatModel(model).doStream({
    prompt: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
  });
  for await (const part of stream) if (part.type === "text-delta") watch.delta(part.delta);
  process.send?.(watch.measured());
});
process.once("disconnect", () => process.exit());
process.send?.({ port: 0 });
