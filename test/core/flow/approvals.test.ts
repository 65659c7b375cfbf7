import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import type { OpenOptions, RunAnswer } from "../../../core/contract/run.ts";
import { FakeModel, FakeSandbox } from "../../../core/testing/index.ts";
import { ApproveStage } from "../../../plugins/approve/approve-stage.ts";
import { endOf, flowsOver, model, type Parts, pipeOf, sandbox, stage } from "./flow-kit.ts";

const fenced = (...codes: string[]) => codes.map((code) => `\`\`\`python\n${code}\n\`\`\`\n`).join("\n");
const race: FlowNode = { kind: "race", branches: [pipeOf(model("gpt"), sandbox("box"))], until: "first" };
const flows: Record<string, FlowNode> = {
  once: pipeOf(model("gpt"), sandbox("box")),
  chat: { kind: "loop", body: pipeOf(model("gpt"), sandbox("box")), until: "done", max: 5 },
  guarded: pipeOf(model("gpt"), stage("guard"), sandbox("box")),
  race,
  run: sandbox("box"),
};

/** Opens a run, answers each question with the next of `replies`, and tells what was executed when it was asked. */
async function converse(options: OpenOptions, answers: readonly string[], replies: readonly boolean[]) {
  const box = new FakeSandbox();
  const guard = new ApproveStage("guard", { code: "ask", rules: [] });
  const { runs } = flowsOver({ models: { gpt: new FakeModel(answers) }, sandboxes: { box }, stages: { guard } }, flows);
  const run = runs.open({ interactive: true, ...options });
  const executed = () => box.sessions.flatMap((session) => session.executed);
  const events: RunEvent[] = [];
  const before: number[] = [];
  const left = [...replies];
  for await (const event of run.events()) {
    events.push(event);
    if (event.type !== "approval-request") continue;
    before.push(executed().length);
    const reply: RunAnswer = { kind: "approval", approved: left.shift() ?? false };
    if (options.interactive !== false) await run.input(reply);
  }
  return { events, before, executed: executed() };
}

const approve = () => true;
const input = { text: "Go" };

describe("a run whose code somebody wants to approve", () => {
  it.each(["once", "chat", "race"])("should ask before it runs code, in any flow (%s)", async (flow) => {
    const { events, before, executed } = await converse({ flow, input, approve }, [fenced("a"), "Done."], [true]);
    expect([before, executed, endOf(events).status]).toEqual([[0], ["a\n"], "ok"]);
    expect(events.find(({ type }) => type === "approval-request")?.data).toMatchObject({ code: "a\n" });
  });

  it.each(["once", "chat", "race"])("should run nothing that is refused (%s)", async (flow) => {
    const { events, executed } = await converse({ flow, input, approve }, [fenced("a"), "Done."], [false]);
    expect(executed).toEqual([]);
    expect(events.find(({ type }) => type === "error")?.data).toMatchObject({ code: "SLUICE_CODE_REFUSED" });
  });

  it("should ask about each block before the first runs, and stop all for one", async () => {
    const { before, executed } = await converse({ flow: "once", input, approve }, [fenced("a", "b")], [true, false]);
    expect([before, executed]).toEqual([[0, 0], []]);
  });

  it("should not be asked twice where the flow asks already", async () => {
    const { before, executed } = await converse({ flow: "guarded", input, approve }, [fenced("a")], [true]);
    expect([before, executed]).toEqual([[0], ["a\n"]]);
  });

  it("should run nothing where nobody can be asked", async () => {
    const options = { flow: "once", input, approve, interactive: false };
    expect((await converse(options, [fenced("a")], [])).executed).toEqual([]);
  });

  it("should look at the wish anew before each execution", async () => {
    let wanted = false;
    const wish = () => {
      const now = wanted;
      wanted = true;
      return now;
    };
    const { before, executed } = await converse(
      { flow: "chat", input, approve: wish },
      [fenced("a"), fenced("b"), "."],
      [false],
    );
    expect([before, executed]).toEqual([[1], ["a\n"]]);
  });

  it("should run what its caller wrote, and ask nobody", async () => {
    const { before, executed } = await converse({ flow: "run", input: { code: "a" }, approve }, [], []);
    expect([before, executed]).toEqual([[], ["a"]]);
  });
});

/** Opens a run, and answers its questions by what `reply` says of each. */
async function answered(parts: Parts, options: OpenOptions, reply: (request: RunEvent) => RunAnswer | undefined) {
  const { runs } = flowsOver(parts, flows);
  const ask = async (given: OpenOptions) => {
    const run = runs.open({ interactive: true, ...given });
    const events: RunEvent[] = [];
    for await (const event of run.events()) {
      events.push(event);
      const answer = event.type.endsWith("-request") ? reply(event) : undefined;
      if (answer !== undefined) await run.input(answer);
    }
    return events;
  };
  return { events: await ask(options), ask };
}

describe("an approval", () => {
  it("should be of a program, and not of its text in another language", async () => {
    const both = "```python\nx\n```\n\n```bash\nx\n```\n";
    const { box, all } = parts([fenced("x"), "```bash\nx\n```\n", "```python3\nx\n```\n", "Done."]);
    const asked: unknown[] = [];
    const reply = (request: RunEvent): RunAnswer => {
      asked.push(request.type === "approval-request" ? request.data.language : request.type);
      return { kind: "approval", approved: true };
    };
    await answered(all, { flow: "chat", input, approve }, reply);
    expect([asked, executed(box)]).toEqual([
      ["python", "bash"],
      ["x\n", "x\n", "x\n"],
    ]);
    // What a person changed stays changed, whatever is said of the same text in another language.
    const other = parts([both]);
    const changing = (request: RunEvent): RunAnswer => {
      const isPython = request.type === "approval-request" && request.data.language === "python";
      return { kind: "approval", approved: true, ...(isPython ? { code: "changed" } : {}) };
    };
    await answered(other.all, { flow: "once", input, approve }, changing);
    expect(executed(other.box)).toEqual(["changed", "x\n"]);
  });

  const parts = (answers: readonly string[]) => {
    const box = new FakeSandbox();
    const other = new FakeSandbox();
    const guard = new ApproveStage("guard", { code: "ask", rules: [{ matches: "evil", code: "refuse" }] });
    const gpt = new FakeModel(answers);
    return { gpt, box, all: { models: { gpt }, sandboxes: { box, other }, stages: { guard } } };
  };
  const executed = (box: FakeSandbox) => box.sessions.flatMap((session) => session.executed);

  it.each(["once", "chat", "guarded", "race"])(
    "should run the code as it was changed, and tell of it (%s)",
    async (flow) => {
      const { box, gpt, all } = parts([fenced("a"), "Done."]);
      const reply = (): RunAnswer => ({ kind: "approval", approved: true, code: "changed" });
      const { events } = await answered(all, { flow, input, approve }, reply);
      expect(executed(box)).toEqual(["changed"]);
      const start = events.find(({ type }) => type === "exec-start");
      expect(start?.data).toMatchObject({ code: "changed", edited: true });
      if (flow === "chat") expect(JSON.stringify(gpt.requests.at(-1))).toContain("changed before it ran");
    },
  );

  it("should not let a change pass by a rule", async () => {
    const { box, all } = parts([fenced("a")]);
    const reply = (): RunAnswer => ({ kind: "approval", approved: true, code: "evil()" });
    const { events } = await answered(all, { flow: "guarded", input }, reply);
    expect(executed(box)).toEqual([]);
    expect(events.find(({ type }) => type === "error")?.data).toMatchObject({ code: "SLUICE_CODE_REFUSED" });
  });

  it("should hold for the rest of its session where it says so, and for no other", async () => {
    const { box, all } = parts([fenced("a"), fenced("b"), fenced("c")]);
    let asked = 0;
    const reply = ({ data }: RunEvent): RunAnswer | undefined => {
      asked += 1;
      if (JSON.stringify(data).includes("b")) return undefined;
      return { kind: "approval", approved: true, always: true };
    };
    const { ask } = await answered(all, { flow: "once", input, approve, session: "s" }, reply);
    const second = await ask({ flow: "once", input, approve, session: "s" });
    expect([asked, executed(box)]).toEqual([2, ["a\n", "b\n"]]);
    expect(second.find(({ type }) => type === "approval-response")?.data).toEqual({ approved: true, always: true });
    const other = await ask({ flow: "once", input, approve, session: "t" });
    expect(other.find(({ type }) => type === "approval-response")?.data).toMatchObject({ always: true });
    expect(asked).toBe(3);
  });

  it("should reach the question that it names, whichever waits longer", async () => {
    const { all } = parts([fenced("x"), fenced("x")]);
    const open: RunEvent[] = [];
    const run = flowsOver(all, {
      lanes: {
        kind: "all",
        branches: [pipeOf(model("gpt"), sandbox("box")), pipeOf(model("gpt"), sandbox("other"))],
      },
    }).runs.open({ flow: "lanes", input, approve, interactive: true });
    const events: RunEvent[] = [];
    for await (const event of run.events()) {
      events.push(event);
      if (event.type !== "approval-request") continue;
      open.push(event);
      if (open.length < 2) continue;
      const [first, second] = open;
      await run.input({ kind: "approval", approved: false, question: second?.seq ?? 0 });
      await expect(run.input({ kind: "approval", approved: true, question: second?.seq ?? 0 })).rejects.toMatchObject({
        code: "SLUICE_RUN_NOT_WAITING",
      });
      await run.input({ kind: "approval", approved: true, question: first?.seq ?? 0 });
    }
    const refusal = events.find(({ type }) => type === "error");
    const started = events.find(({ type }) => type === "exec-start");
    expect([refusal?.branch, started?.branch]).toEqual([open[1]?.branch, open[0]?.branch]);
  });

  it("should say until when it waits, and what the run was allowed", async () => {
    const { all } = parts([fenced("a")]);
    const reply = (): RunAnswer => ({ kind: "approval", approved: true });
    const { events } = await answered(
      all,
      { flow: "once", input, approve, timeout: 60_000, budget: { tokens: 9_000 } },
      reply,
    );
    const request = events.find(({ type }) => type === "approval-request");
    const until = request?.type === "approval-request" ? Date.parse(request.data.until ?? "") : 0;
    expect(Math.abs(until - Date.parse(events[0]?.time ?? "") - 60_000)).toBeLessThan(1_000);
    expect(events[0]?.data).toMatchObject({ budget: { tokens: 9_000, time: 60_000 } });
  });
});
