/** Our host in a process of its own: `node --expose-gc tokens-host.ts PORT`. */
import { startTestHost } from "../../core/testing/index.ts";

const model = (name: string) => ({
  use: "llm-openai-compatible",
  with: { model: name, baseURL: `http://127.0.0.1:${process.argv[2]}/v1` },
});
const started = await startTestHost({
  config: {
    version: 1,
    plugins: {
      fast: model("fast"),
      paced: model("paced"),
      early: model("early"),
      stall: model("stall"),
      transport: { use: "websocket", with: { listen: "127.0.0.1:0" } },
    },
    flows: { chat: "fast" },
  },
  transports: true,
  store: false,
});

/** What is held: the kinds of what keeps a process alive, counted, and the heap in bytes once nothing can be collected. */
process.on("message", async () => {
  for (let turn = 0; turn < 4; turn += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const kinds: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1;
  process.send?.({ kinds, heap: process.memoryUsage().heapUsed });
});
process.once("disconnect", () => void Promise.resolve(started[Symbol.asyncDispose]()).finally(() => process.exit()));
process.send?.({ url: started.host.addresses[0], token: started.host.info.token });
