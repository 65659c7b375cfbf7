import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestHost } from "../../core/testing/index.ts";
import { cast, endOf, play, scripted, transcript } from "./cast.ts";

const says = (name: string) => scripted(...Array<string>(20).fill(`I am ${name}.`));

describe("the profile many-models", () => {
  let test: TestHost;
  beforeAll(async () => {
    const hanging = { use: "llm-scripted", with: { script: [{ hang: true }], repeat: true } };
    test = await cast("many-models", { gpt: says("gpt"), claude: says("claude"), gemini: hanging, tiny: says("tiny") });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it("should begin a conversation with the first model that is there", async () => {
    expect(transcript(await play(test, "chat", "Who are you?"))).toEqual([{ who: "gpt", said: "I am gpt." }]);
  });

  it("should give the first answer, and not wait for one that hangs", async () => {
    const events = await play(test, "quick", "Who are you?");
    const ends = events.flatMap((event) => (event.type === "branch-end" ? [event.data.status] : []));
    // Which of those that answer is first is nobody's promise.
    expect(ends.filter((status) => status === "won")).toHaveLength(1);
    expect(endOf(events).status).toBe("ok");
  });

  it("should show every answer side by side, and cancel what hangs with the run", async () => {
    const run = test.host.runs.open({ flow: "compare", input: { text: "Who are you?" } });
    const said: Record<string, string> = {};
    const ended = new Set<string>();
    for await (const event of run.events()) {
      if (event.type === "text-delta") said[event.source] = (said[event.source] ?? "") + event.data.text;
      if (event.type === "branch-end") ended.add(event.branch ?? "");
      if (ended.size === 3) run.cancel();
    }
    expect(said).toEqual({ gpt: "I am gpt.", claude: "I am claude.", tiny: "I am tiny." });
    expect((await run.done).data.status).toBe("cancelled");
  });

  it("should send long inputs elsewhere, and what is marked offline to the local model", async () => {
    expect(transcript(await play(test, "sized", "Short."))).toEqual([{ who: "gpt", said: "I am gpt." }]);
    const long = test.host.runs.open({ flow: "sized", input: { text: "x".repeat(100_000) } });
    for await (const event of long.events()) {
      if (event.type !== "model-start") continue;
      expect(event.source).toBe("gemini");
      long.cancel();
    }
    const offline = test.host.runs.open({ flow: "sized", input: { text: "Short." }, tags: ["offline"] });
    for await (const event of offline.events()) if (event.type === "model-start") expect(event.source).toBe("tiny");
  });

  it("should hold every run to the budget of the profile", () => {
    expect(test.host.config.value).toMatchObject({ budgets: { run: { usd: 1, unknownPrice: "allow" } } });
  });
});
