import { homedir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelRequest, PromptMessage } from "../../core/index.ts";
import type { LlmLocalConfig } from "../../plugins/llm-local/config.generated.ts";
import { LocalModel } from "../../plugins/llm-local/local-model.ts";
import { collect, realClock, silentLog } from "../core/model/upstream.ts";

/** Fetched once and kept: runtime and model are about 150 MB. */
const data = join(env["SLUICE_TEST_HOME"] ?? join(homedir(), ".cache", "sluicebox-test"), "data");
const never = new AbortController().signal;

const config: LlmLocalConfig = {
  model: "smollm2-135m",
  pull: false,
  context: 2048,
  maxTokens: 128,
  temperature: 0,
  seed: 1,
  threads: 1,
  prompting: "auto",
  idle: 300_000,
  index: "https://pypi.org/simple",
  hub: "https://huggingface.co",
};

function make(changes: Partial<LlmLocalConfig> = {}) {
  const paths = { data, state: data, cache: data, profile: data };
  return new LocalModel({ ...config, ...changes }, { id: "tiny", log: silentLog, clock: realClock, paths });
}

function conversation(...messages: readonly (string | PromptMessage)[]): ModelRequest {
  return {
    system: "Solve tasks by writing code.",
    codeWanted: true,
    messages: messages.map((message) => (typeof message === "string" ? { role: "user", text: message } : message)),
  };
}

describe("llm-local with a real model", () => {
  const model = make();

  beforeAll(async () => {
    await model.pull({}, never);
    await model.start();
  }, 600_000);
  afterAll(() => model[Symbol.asyncDispose]());

  it("should answer a task with a block of Python that prints the result", async () => {
    const { text, events, error } = await collect(model, conversation("What is 21 times 2? Use Python."));
    expect(error).toBeUndefined();
    expect(text).toMatch(/^```python\n[^`]*print\([^`]*21 \* 2[^`]*\n```\n$/);
    expect(events.length).toBeGreaterThan(4);
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
    const finish = events.at(-1);
    expect(finish?.type === "finish" && finish.usage.outputTokens).toBeGreaterThan(3);
  });

  it("should say in words what its program printed, without another program", async () => {
    const { text } = await collect(
      model,
      conversation(
        "What is 21 times 2? Use Python.",
        { role: "assistant", text: "```python\nprint(21 * 2)\n```\n" },
        "The code ran. Its output:\n42",
      ),
    );
    expect(text).toContain("42");
    expect(text).not.toContain("```");
  });

  it("should give the same answer to the same conversation", async () => {
    const asked = conversation("What is 17 plus 25?");
    const first = await collect(model, asked);
    expect((await collect(model, asked)).text).toBe(first.text);
  });

  it("should stop when it is left, and answer the next request", async () => {
    const story: ModelRequest = { ...conversation("Tell a long story about a river."), codeWanted: false };
    await new Promise<void>((resolve) => {
      const subscription = model.generate(story, never).subscribe(() => {
        subscription.unsubscribe();
        resolve();
      });
    });
    expect((await collect(model, conversation("What is 17 plus 25?"))).text).toContain("print(");
  });

  it("should let two requests take turns", async () => {
    const [first, second] = await Promise.all([
      collect(model, conversation("What is 3 plus 4?")),
      collect(model, conversation("What is 5 plus 6?")),
    ]);
    expect([first?.error, second?.error]).toEqual([undefined, undefined]);
    expect(first?.text).toContain("3");
    expect(second?.text).toContain("5");
  });

  it("should end an answer that becomes too long and say so", async () => {
    const short = make({ maxTokens: 8, prompting: "plain" });
    const story: ModelRequest = { ...conversation("Tell a long story about a river."), codeWanted: false };
    const { events } = await collect(short, story);
    await short[Symbol.asyncDispose]();
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "length" });
  });

  it("should answer a conversation that is longer than its context by dropping old turns", async () => {
    const small = make({ context: 768, prompting: "plain" });
    const turns = Array.from({ length: 60 }, (_, index): PromptMessage[] => [
      { role: "user", text: `Remember the number ${index} and the words river, stone, bridge and lamp.` },
      { role: "assistant", text: `I remember ${index}.` },
    ]);
    const { events, error } = await collect(small, {
      ...conversation(...turns.flat(), "What is 2 plus 2?"),
      codeWanted: false,
    });
    await small[Symbol.asyncDispose]();
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "finish" });
  });

  it("should list what is there and probe without loading", async () => {
    expect(await model.list()).toContainEqual(
      expect.objectContaining({ id: "smollm2-135m", installed: true, size: 98_362_432 }),
    );
    expect(await model.probe()).toMatchObject({ reachable: true });
  });
});
