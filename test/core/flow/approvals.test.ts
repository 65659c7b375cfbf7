import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import type { OpenOptions, RunAnswer } from "../../../core/contract/run.ts";
import { FakeModel, FakeSandbox } from "../../../core/testing/index.ts";
import { ApproveStage } from "../../../plugins/approve/approve-stage.ts";
import { endOf, flowsOver, model, pipeOf, sandbox, stage } from "./flow-kit.ts";

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
