import { describe, expect, it } from "vitest";
import { LlamaEngine } from "../../../plugins/llm-local/engine.ts";
import type { LlamaModule } from "../../../plugins/llm-local/llama.ts";

const never = new AbortController().signal;

/** llama.cpp as far as memory goes: what was loaded, made and freed, in order. */
function fakeLlama(failures = 0) {
  const log: string[] = [];
  let left = failures;
  const context = (size: number) => ({
    contextSize: size,
    getSequence: () => ({}),
    dispose: async () => void log.push(`free context ${size}`),
  });
  const module = {
    LlamaChat: class {},
    getLlama: async () => ({
      loadModel: async ({ modelPath }: { modelPath: string }) => {
        log.push(`load ${modelPath}`);
        left -= 1;
        if (left >= 0) throw new Error("no memory");
        return {
          trainContextSize: 8_192,
          createContext: async ({ contextSize }: { contextSize: { max: number } }) => context(contextSize.max),
          dispose: async () => void log.push(`free ${modelPath}`),
        };
      },
      createGrammar: async ({ grammar }: { grammar: string }) => {
        log.push(`grammar ${grammar}`);
        return { grammar };
      },
      dispose: async () => void log.push("free llama"),
    }),
  } as unknown as LlamaModule;
  const use = (engine: LlamaEngine) => engine.exclusively(module, never, async ({ contextSize }) => contextSize);
  return { log, module, use };
}

const options = { path: "/m.gguf", context: 2_048, threads: 1 };

describe("llm-local: what is in memory", () => {
  it("should be one model and one context for two instances of the same options", async () => {
    const { log, use } = fakeLlama();
    const [first, second] = [LlamaEngine.acquire(options), LlamaEngine.acquire({ ...options })];
    expect(await Promise.all([use(first), use(second)])).toEqual([2_048, 2_048]);
    expect(log).toEqual(["load /m.gguf"]);
    await first.release();
    expect(await use(second)).toBe(2_048);
    expect(log).toEqual(["load /m.gguf"]);
    await second.release();
    expect(log).toEqual(["load /m.gguf", "free context 2048", "free /m.gguf", "free llama"]);
  });

  it("should be one model and two contexts where the contexts differ", async () => {
    const { log, use } = fakeLlama();
    const [first, second] = [LlamaEngine.acquire(options), LlamaEngine.acquire({ ...options, context: 512 })];
    expect(await Promise.all([use(first), use(second)])).toEqual([2_048, 512]);
    expect(log).toEqual(["load /m.gguf"]);
    await first.unload();
    expect(log).toEqual(["load /m.gguf", "free context 2048"]);
    expect(await use(first)).toBe(2_048);
    await first.release();
    await second.release();
    expect(log.filter((line) => !line.startsWith("free context"))).toEqual([
      "load /m.gguf",
      "free /m.gguf",
      "free llama",
    ]);
  });

  it("should be loaded again after it was freed, and after a load that failed", async () => {
    const { log, use } = fakeLlama(1);
    const engine = LlamaEngine.acquire(options);
    await expect(use(engine)).rejects.toThrow("no memory");
    expect(await use(engine)).toBe(2_048);
    await engine.unload();
    expect(await use(engine)).toBe(2_048);
    await engine.release();
    expect(log.filter((line) => line.startsWith("load"))).toHaveLength(3);
    expect(log.filter((line) => line === "free /m.gguf")).toHaveLength(2);
  });

  it("should read each grammar once", async () => {
    const { log, module } = fakeLlama();
    const engine = LlamaEngine.acquire(options);
    await engine.exclusively(module, never, async ({ grammar }) => {
      expect(await grammar("root ::= a")).toBe(await grammar("root ::= a"));
      await grammar("root ::= b");
    });
    await engine.release();
    expect(log.filter((line) => line.startsWith("grammar"))).toEqual(["grammar root ::= a", "grammar root ::= b"]);
  });
});
