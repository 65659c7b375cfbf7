import { filter, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/errors.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { endOf, flowsOver, grammar, model, pipeOf, sandbox, stage } from "./flow-kit.ts";

const python = (code: string) => `Let me see.\n\`\`\`python\n${code}\n\`\`\`\n`;

describe("a sandbox alone", () => {
  it("should run the input's code in a fresh interpreter and close it", async () => {
    const box = new FakeSandbox();
    const { collect } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    const events = await collect({ input: { code: "print(1)" } });
    expect(grammar(events)).toEqual(["run-start", "exec-start", "exec-stdout", "exec-end", "run-end"]);
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0 });
    expect(box.sessions.map((session) => [session.spec.mode, session.disposed])).toEqual([["fresh", true]]);
  });

  it("should fail the run when the program exits non-zero", async () => {
    const box = new FakeSandbox(() => ({ exitCode: 3 }));
    const { collect } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    expect(endOf(await collect({ input: { code: "exit 3" } }))).toMatchObject({ status: "failed", exitCode: 3 });
  });

  it("should keep the sandbox of a session, and not share it with another one", async () => {
    const box = new FakeSandbox();
    const { collect, sessions } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    await collect({ input: { code: "a" }, session: "one" });
    await collect({ input: { code: "b" }, session: "one" });
    await collect({ input: { code: "c" }, session: "two" });
    expect(box.sessions.map((session) => session.executed)).toEqual([["a", "b"], ["c"]]);
    expect(box.sessions.map((session) => session.spec.mode)).toEqual(["cell", "cell"]);
    await sessions.close("one");
    expect(box.sessions[0]?.disposed).toBe(true);
  });
});

describe("a model in a loop with a sandbox", () => {
  it("should repair its error on the second try", async () => {
    const gpt = new FakeModel([python("print(x)"), python("x = 1\nprint(x)"), "It is 1."]);
    const box = new FakeSandbox((code) =>
      code.includes("x = 1") ? { stdout: "1\n" } : { exitCode: 1, error: { name: "NameError", message: "x" } },
    );
    const { collect } = flowsOver(
      { models: { gpt }, sandboxes: { box } },
      { chat: { kind: "loop", body: pipeOf(model("gpt"), sandbox("box")), until: "done", max: 12 } },
    );
    const events = await collect({ input: { text: "Show x" } });
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0, usage: { inputTokens: 3, outputTokens: 3 } });
    expect(box.sessions[0]?.executed).toEqual(["print(x)\n", "x = 1\nprint(x)\n"]);
    expect(gpt.requests[1]?.messages.at(-1)?.text).toContain("failed with exit code 1");
    expect(grammar(events).filter((type) => type === "exec-end")).toHaveLength(2);
  });

  it("should stop when the same code comes twice", async () => {
    const gpt = new FakeModel(Array(9).fill(python("print(x)")));
    const box = new FakeSandbox(() => ({ exitCode: 1 }));
    const { collect } = flowsOver(
      { models: { gpt }, sandboxes: { box } },
      { chat: { kind: "loop", body: pipeOf(model("gpt"), sandbox("box")), until: "done", max: 12 } },
    );
    expect(endOf(await collect({ input: { text: "Show x" } })).status).toBe("failed");
    expect(gpt.requests).toHaveLength(2);
  });

  it("should tell the model of a language that has no interpreter", async () => {
    const gpt = new FakeModel(["```ruby\nputs 1\n```\n", python("print(1)"), "Done."]);
    const box = new FakeSandbox();
    const refusing = box.open.bind(box);
    box.open = async (spec, signal) => {
      const session = await refusing(spec, signal);
      const run = session.execute.bind(session);
      const missing = new SluiceError("SLUICE_SANDBOX_LANGUAGE", "no interpreter for ruby is in the image");
      session.execute = (code, options) =>
        options.language === "ruby" ? throwError(() => missing) : run(code, options);
      return session;
    };
    const { collect } = flowsOver(
      { models: { gpt }, sandboxes: { box } },
      {
        chat: { kind: "loop", body: pipeOf(model("gpt"), sandbox("box")), until: "done", max: 5 },
        run: sandbox("box"),
      },
    );
    const events = await collect({ input: { text: "Go" } });
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0 });
    expect(gpt.requests[1]?.messages.at(-1)?.text).toContain("no interpreter for ruby");
    // To whoever wrote the code himself it is a failure.
    expect(endOf(await collect({ input: { code: "puts 1", language: "ruby" } })).status).toBe("failed");
  });

  it("should let models answer each other, each as a user to the other", async () => {
    const one = new FakeModel(["I say A.", "I say C."]);
    const two = new FakeModel(["I say B.", "I say D."]);
    const { collect } = flowsOver(
      { models: { one, two } },
      { debate: { kind: "loop", body: pipeOf(model("one"), model("two")), until: "done", max: 2 } },
    );
    await collect({ flow: "debate", input: { text: "Begin" } });
    expect(two.requests[1]?.messages).toEqual([
      { role: "user", text: "Begin" },
      { role: "user", name: "one", text: "I say A." },
      { role: "assistant", text: "I say B." },
      { role: "user", name: "one", text: "I say C." },
    ]);
  });
});

describe("fallback", () => {
  const broken = new SluiceError("SLUICE_MODEL_OVERLOADED", "no room");

  it("should go to the next branch and void what was shown", async () => {
    const first = new FakeModel(Array(2).fill({ pieces: ["half an ans"], error: broken }));
    const second = new FakeModel(["Whole answer.", "Whole again."]);
    const { collect } = flowsOver(
      { models: { first, second } },
      { chat: { kind: "fallback", branches: [model("first"), model("second")] } },
    );
    const events = await collect({ input: { text: "Go" }, session: "s" });
    const rewind = events.find((event) => event.type === "rewind");
    const start = events.find((event) => event.type === "model-start");
    expect(rewind?.data).toMatchObject({ from: start?.seq });
    expect(endOf(events).status).toBe("ok");
    expect(second.requests[0]?.messages).toEqual([{ role: "user", text: "Go" }]);
    // What is void is no part of the session's conversation either.
    await collect({ input: { text: "More" }, session: "s" });
    expect(second.requests[1]?.messages.map((message) => message.text)).toEqual(["Go", "Whole answer.", "More"]);
  });

  it("should say no rewind when nothing was shown, and fail when all fail", async () => {
    const bad = () => new FakeModel([{ pieces: [], error: broken }]);
    const { collect } = flowsOver(
      { models: { a: bad(), b: bad() } },
      { chat: { kind: "fallback", branches: [model("gone", true), model("a"), model("b")] } },
    );
    const events = await collect({ input: { text: "Go" } });
    expect(grammar(events)).not.toContain("rewind");
    expect(events.filter((event) => event.type === "error")).toHaveLength(2);
    expect(endOf(events)).toMatchObject({ status: "failed" });
  });
});

describe("race", () => {
  const racing = (models: Record<string, FakeModel>, box: FakeSandbox, until: "first" | "passes") =>
    flowsOver(
      { models, sandboxes: { box } },
      {
        best: {
          kind: "race",
          branches: Object.keys(models).map((id) => pipeOf(model(id), sandbox("box"))),
          until,
        },
      },
    );

  it("should be won by the first whose code passes, with the losers cancelled and counted", async () => {
    const wrong = new FakeModel([python("wrong")]);
    const right = new FakeModel([python("right")]);
    const stuck = new FakeModel([{ pieces: ["hm"], hang: true }]);
    const box = new FakeSandbox((code) => ({ exitCode: code.startsWith("right") ? 0 : 1 }));
    const { collect } = racing({ wrong, right, stuck }, box, "passes");
    const events = await collect({ flow: "best", input: { text: "Go" } });
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0, usage: { estimated: true } });
    expect(stuck.cancelled).toBe(1);
    const ends = events.flatMap((event) => (event.type === "branch-end" ? [[event.branch, event.data.status]] : []));
    expect(Object.fromEntries(ends)).toEqual({ "0": "lost", "1": "won", "2": "cancelled" });
    expect(new Set(box.sessions.map((session) => session.id)).size).toBe(2);
  });

  it("should fail when no branch passes", async () => {
    const box = new FakeSandbox(() => ({ exitCode: 1 }));
    const { collect } = racing({ a: new FakeModel([python("a")]), b: new FakeModel([python("b")]) }, box, "passes");
    const events = await collect({ flow: "best", input: { text: "Go" } });
    expect(endOf(events).status).toBe("failed");
    expect(events.at(-2)).toMatchObject({ type: "error", data: { code: "SLUICE_FLOW_NO_BRANCH" } });
  });
});

describe("all", () => {
  it.each([1, 2, 3])("should have failed when each of its %i branches has, and not before", async (count) => {
    const ids = ["a", "b", "c"].slice(0, count);
    const refused = new SluiceError("SLUICE_MODEL_AUTH", "no");
    const failing = () => new FakeModel([{ pieces: [], error: refused }]);
    const flows: Record<string, FlowNode> = { all: { kind: "all", branches: ids.map((id) => model(id)) } };
    const bad = Object.fromEntries(ids.map((id) => [id, failing()]));
    const events = await flowsOver({ models: bad }, flows).collect({ flow: "all", input: { text: "Go" } });
    expect(endOf(events)).toMatchObject({ status: "failed", reason: "every branch of the flow failed" });
    const mixed = { ...bad, a: new FakeModel(["A"]) };
    const partly = await flowsOver({ models: mixed }, flows).collect({ flow: "all", input: { text: "Go" } });
    expect(endOf(partly).status).toBe("ok");
  });

  it("should run every branch and mark its events", async () => {
    const { collect } = flowsOver(
      {
        models: {
          a: new FakeModel(["A"]),
          b: new FakeModel([{ pieces: [], error: new SluiceError("SLUICE_MODEL_AUTH", "no") }]),
        },
      },
      { duel: { kind: "all", branches: [model("a"), model("b")] } },
    );
    const events = await collect({ flow: "duel", input: { text: "Go" } });
    const texts = events.filter((event) => event.type === "text-delta").map((event) => [event.branch, event.data.text]);
    expect(texts).toEqual([["0", "A"]]);
    expect(events.find((event) => event.type === "error")).toMatchObject({ branch: "1" });
    expect(endOf(events).status).toBe("ok");
  });
});

describe("stage", () => {
  it("should transform the events of the step before it, unseen by the journal", async () => {
    const quiet = {
      apply: (events: Parameters<import("../../../core/contract/stage.ts").Stage["apply"]>[0]) =>
        events.pipe(filter((event) => event.type !== "text-delta")),
      async [Symbol.asyncDispose]() {},
    };
    const { collect } = flowsOver(
      { models: { a: new FakeModel(["secret"]) }, stages: { quiet } },
      { chat: pipeOf(model("a"), stage("quiet")) },
    );
    expect(grammar(await collect({ input: { text: "Go" } }))).not.toContain("text-delta");
  });
});

describe("cancel and time-out", () => {
  it("should end a hanging model once, as cancelled", async () => {
    const slow = new FakeModel([{ pieces: ["..."], hang: true }]);
    const { runs } = flowsOver({ models: { slow } }, { chat: model("slow") });
    const run = runs.open({ input: { text: "Go" } });
    for await (const event of run.events()) if (event.type === "text-delta") run.cancel();
    expect((await run.done).data.status).toBe("cancelled");
    expect(slow.cancelled).toBe(1);
    expect(runs.active).toBe(0);
  });

  it("should end a hanging program as timeout, with its end observed", async () => {
    const box = new FakeSandbox(() => ({ hang: true }));
    const { collect } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    const events = await collect({ input: { code: "while True: pass" }, timeout: 20 });
    expect(grammar(events)).toEqual(["run-start", "exec-start", "exec-end", "error", "run-end"]);
    expect(endOf(events).status).toBe("timeout");
  });

  it("should give the same run for the same key", () => {
    const { runs } = flowsOver({ sandboxes: { box: new FakeSandbox() } }, { run: sandbox("box") });
    const first = runs.open({ input: { code: "1" }, key: "k" });
    expect(runs.open({ input: { code: "1" }, key: "k" })).toBe(first);
  });

  it("should end a run of an unknown flow as failed, with the names there are", async () => {
    const { collect } = flowsOver({ sandboxes: { box: new FakeSandbox() } }, { run: sandbox("box") });
    const events = await collect({ flow: "rum", input: { code: "1" } });
    expect(events.at(-2)).toMatchObject({ type: "error", data: { code: "SLUICE_FLOW_NOT_FOUND" } });
    expect(endOf(events).status).toBe("failed");
  });
});
