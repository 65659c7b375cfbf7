import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/errors.ts";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { FlowNode, WhenCase } from "../../../core/contract/flow.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { endOf, flowsOver, model, pipeOf, sandbox } from "./flow-kit.ts";

const fenced = (code: string) => `\`\`\`python\n${code}\n\`\`\`\n`;
const many = (name: string) => new FakeModel(Array<string>(100).fill(name));
const broken = () => new SluiceError("SLUICE_MODEL_OVERLOADED", "no room");
const input = { text: "Go" };
const asked = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "model-start" ? [event.source] : []));

describe("balance", () => {
  const balancing = (models: Record<string, FakeModel>, by: "turn" | "latency" | "random") => {
    const branches = Object.keys(models).map((id) => model(id));
    const { collect } = flowsOver({ models }, { chat: { kind: "balance", branches, by } });
    return async (times: number) => {
      const chosen: string[] = [];
      for (let time = 0; time < times; time += 1) chosen.push(...asked(await collect({ input })));
      return chosen;
    };
  };

  it("should take the branches by turn", async () => {
    const run = balancing({ a: many("a"), b: many("b"), c: many("c") }, "turn");
    expect(await run(7)).toEqual(["a", "b", "c", "a", "b", "c", "a"]);
  });

  it("should take every branch at random some day", async () => {
    const run = balancing({ a: many("a"), b: many("b") }, "random");
    expect(new Set(await run(60))).toEqual(new Set(["a", "b"]));
  });

  it("should try each branch, then leave one that fails for long", async () => {
    const bad = new FakeModel(Array(100).fill({ pieces: [], error: broken() }));
    const run = balancing({ bad, good: many("good") }, "latency");
    const chosen = await run(40);
    expect(chosen.slice(0, 2)).toEqual(["bad", "good"]);
    expect(chosen.filter((id) => id === "bad")).toHaveLength(1);
  });
});

const choose = (condition: WhenCase["if"], then: FlowNode): WhenCase => ({ if: condition, then });

describe("when", () => {
  const cases: readonly WhenCase[] = [
    choose({ minChars: 100 }, model("long")),
    choose({ tag: "offline" }, model("local")),
    choose({ language: "bash", maxChars: 50 }, sandbox("box")),
  ];
  const flow: FlowNode = { kind: "when", cases, otherwise: model("other") };
  const models = { long: many("long"), local: many("local"), other: many("other") };

  it("should take the first case that holds, else the other way", async () => {
    const box = new FakeSandbox();
    const { collect } = flowsOver({ models, sandboxes: { box } }, { chat: flow });
    expect(asked(await collect({ flow: "chat", input: { text: "x".repeat(100) } }))).toEqual(["long"]);
    expect(asked(await collect({ flow: "chat", input, tags: ["offline"] }))).toEqual(["local"]);
    expect(asked(await collect({ flow: "chat", input }))).toEqual(["other"]);
    await collect({ flow: "chat", input: { code: "ls", language: "bash" } });
    expect(box.sessions[0]?.executed).toEqual(["ls"]);
    expect(asked(await collect({ flow: "chat", input: { code: "print(1)", language: "python" } }))).toEqual(["other"]);
  });

  it("should do nothing where no case holds and there is no other way", async () => {
    const { collect } = flowsOver({ models }, { chat: { kind: "when", cases } });
    const events = await collect({ input });
    expect(asked(events)).toEqual([]);
    expect(endOf(events).status).toBe("ok");
  });

  it("should choose by the language of the code that a model wrote", async () => {
    const box = new FakeSandbox();
    const shell = new FakeSandbox();
    const gpt = new FakeModel(["```bash\nls\n```\n", fenced("a")]);
    const byLanguage: FlowNode = {
      kind: "when",
      cases: [choose({ language: "bash" }, sandbox("shell"))],
      otherwise: sandbox("box"),
    };
    const { collect } = flowsOver(
      { models: { gpt }, sandboxes: { box, shell } },
      { chat: pipeOf(model("gpt"), byLanguage) },
    );
    await collect({ input });
    await collect({ input });
    expect([shell, box].map(({ sessions }) => sessions[0]?.executed)).toEqual([["ls\n"], ["a\n"]]);
  });
});

describe("loop", () => {
  const looping = (answers: readonly string[], until: "done" | "passes", max = 9) => {
    const gpt = new FakeModel(answers);
    const box = new FakeSandbox((code) =>
      code.includes("bad")
        ? { exitCode: 1, error: { name: "NameError", message: code.includes("other") ? "y" : "x" } }
        : { stdout: "1\n" },
    );
    const body = pipeOf(model("gpt"), sandbox("box"));
    const { collect } = flowsOver(
      { models: { gpt }, sandboxes: { box } },
      { chat: { kind: "loop", body, until, max } },
    );
    return { gpt, run: () => collect({ input }) };
  };

  it("should stop when other code fails by the same error twice running", async () => {
    const { gpt, run } = looping([fenced("bad 1"), fenced("bad 2"), fenced("good")], "done");
    expect(endOf(await run()).status).toBe("failed");
    expect(gpt.requests).toHaveLength(2);
  });

  it("should go on while the errors differ", async () => {
    const { gpt, run } = looping([fenced("bad 1"), fenced("bad other"), fenced("good"), "Done."], "done");
    expect(endOf(await run()).status).toBe("ok");
    expect(gpt.requests).toHaveLength(4);
  });

  it("should stop at the first code that runs, where that is what it loops for", async () => {
    const { gpt, run } = looping([fenced("bad"), fenced("good"), "Done."], "passes");
    expect(endOf(await run())).toMatchObject({ status: "ok", exitCode: 0 });
    expect(gpt.requests).toHaveLength(2);
  });

  it("should stop at its maximum", async () => {
    const { gpt, run } = looping(["1", "2", "3", "4"].map(fenced), "done", 3);
    expect(endOf(await run()).status).toBe("ok");
    expect(gpt.requests).toHaveLength(3);
  });
});

describe("nesting", () => {
  it("should fall back from a race that nobody wins, with what it said made void", async () => {
    const models = { a: many(fenced("bad")), b: many(fenced("bad")), c: many("Words.") };
    const box = new FakeSandbox(() => ({ exitCode: 1 }));
    const race: FlowNode = {
      kind: "race",
      branches: [pipeOf(model("a"), sandbox("box")), pipeOf(model("b"), sandbox("box"))],
      until: "passes",
    };
    const { collect } = flowsOver(
      { models, sandboxes: { box } },
      { chat: { kind: "fallback", branches: [race, model("c")] } },
    );
    const events = await collect({ input });
    expect(endOf(events).status).toBe("ok");
    expect(asked(events)).toEqual(["a", "b", "c"]);
    expect(events.some(({ type }) => type === "rewind")).toBe(true);
    expect(models.c.requests[0]?.messages).toEqual([{ role: "user", text: "Go" }]);
    expect(box.sessions.map(({ disposed }) => disposed)).toEqual([true, true]);
  });

  it("should name the branches of an all inside a race by their path", async () => {
    const models = { a: many("a"), b: many("b"), slow: new FakeModel([{ pieces: ["slow"], hang: true }]) };
    const { collect } = flowsOver(
      { models },
      {
        chat: {
          kind: "race",
          branches: [{ kind: "all", branches: [model("a"), model("b")] }, model("slow")],
          until: "first",
        },
      },
    );
    const events = await collect({ input });
    const branches = events.flatMap((event) => (event.type === "model-start" ? [[event.source, event.branch]] : []));
    expect(Object.fromEntries(branches)).toEqual({ a: "0.0", b: "0.1", slow: "1" });
    expect(models.slow.cancelled).toBe(1);
    expect(endOf(events).status).toBe("ok");
  });

  it("should loop over a race, each round with the winner's code and errors before all eyes", async () => {
    const models = {
      a: new FakeModel([fenced("bad"), fenced("worse"), fenced("awful")]),
      b: new FakeModel([fenced("fine"), fenced("fine too"), "Done."]),
    };
    const box = new FakeSandbox((code) => (code.includes("fine") ? { stdout: "1\n" } : { exitCode: 1 }));
    const race: FlowNode = {
      kind: "race",
      branches: [pipeOf(model("a"), sandbox("box")), pipeOf(model("b"), sandbox("box"))],
      until: "passes",
    };
    const { collect } = flowsOver(
      { models, sandboxes: { box } },
      { chat: { kind: "loop", body: race, until: "done", max: 2 } },
    );
    const events = await collect({ input });
    const won = events.flatMap((event) =>
      event.type === "branch-end" && event.data.status === "won" ? [event.branch] : [],
    );
    expect(won).toEqual(["1", "1"]);
    expect(models.a.requests[1]?.messages.map(({ text }) => text).join("\n")).toContain("fine");
    expect(endOf(events).status).toBe("ok");
  });
});
