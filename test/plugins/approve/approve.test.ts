import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import type { RunAnswer } from "../../../core/contract/run.ts";
import { FakeModel, FakeSandbox } from "../../../core/testing/index.ts";
import { ApproveStage } from "../../../plugins/approve/approve-stage.ts";
import type { ApproveConfig } from "../../../plugins/approve/config.generated.ts";
import plugin from "../../../plugins/approve/index.ts";
import { decide } from "../../../plugins/approve/rules.ts";
import { endOf, flowsOver, grammar, model, pipeOf, sandbox, stage } from "../../core/flow/flow-kit.ts";

const fenced = (code: string, language = "python") => `\`\`\`${language}\n${code}\n\`\`\`\n`;
const chat: FlowNode = {
  kind: "loop",
  body: pipeOf(model("gpt"), stage("guard"), sandbox("box")),
  until: "done",
  max: 5,
};

/** Runs a conversation in which every question is answered by the next of `replies`. */
async function converse(answers: readonly string[], config: ApproveConfig, replies: readonly RunAnswer[]) {
  const gpt = new FakeModel(answers);
  const box = new FakeSandbox();
  const guard = new ApproveStage("guard", config);
  const { runs } = flowsOver({ models: { gpt }, sandboxes: { box }, stages: { guard } }, { chat });
  const run = runs.open({ input: { text: "Go" }, interactive: replies.length > 0 });
  const events: RunEvent[] = [];
  const left = [...replies];
  for await (const event of run.events()) {
    events.push(event);
    const reply = event.type === "approval-request" ? left.shift() : undefined;
    if (reply) await run.input(reply);
  }
  return { events, gpt, executed: box.sessions.flatMap((session) => session.executed) };
}

const yes: RunAnswer = { kind: "approval", approved: true };
const no: RunAnswer = { kind: "approval", approved: false, message: "not on a Monday" };
const asking: ApproveConfig = { code: "ask", rules: [] };

describe("the approve stage", () => {
  it("should run code once it is approved, and not before", async () => {
    const { events, executed } = await converse([fenced("a"), "Done."], asking, [yes]);
    expect(executed).toEqual(["a\n"]);
    expect(endOf(events).status).toBe("ok");
    const types = grammar(events);
    expect(types.slice(types.indexOf("code-end"), types.indexOf("exec-start") + 1)).toEqual([
      "code-end",
      "approval-request",
      "approval-response",
      "model-end",
      "exec-start",
    ]);
    expect(events.find(({ type }) => type === "approval-request")).toMatchObject({
      source: "guard",
      data: { message: "Run this python code?", code: "a\n", language: "python" },
    });
  });

  it("should tell the model what was refused, and let it go on", async () => {
    const { events, gpt, executed } = await converse([fenced("a"), fenced("b"), "Done."], asking, [no, yes]);
    expect(executed).toEqual(["b\n"]);
    expect(endOf(events).status).toBe("ok");
    expect(gpt.requests[1]?.messages.at(-1)).toMatchObject({
      role: "user",
      text: expect.stringContaining("The code was not run. It was refused: not on a Monday."),
    });
    expect(events.find(({ type }) => type === "error")).toMatchObject({
      source: "guard",
      data: { code: "SLUICE_CODE_REFUSED" },
    });
  });

  it("should refuse at once where nobody can answer, and end when the model repeats itself", async () => {
    const { events, gpt, executed } = await converse([fenced("a"), fenced("a"), "Done."], asking, []);
    expect(executed).toEqual([]);
    expect(gpt.requests).toHaveLength(2);
    expect(gpt.requests[1]?.messages.at(-1)?.text).toContain("nobody is there to approve it");
    expect(events.at(-1)?.type).toBe("run-end");
  });

  it("should decide by the first rule that fits", async () => {
    const config: ApproveConfig = {
      code: "refuse",
      rules: [
        { language: "python", matches: "subprocess|^import os$", code: "refuse" },
        { language: "python", code: "auto" },
        { matches: "rm -rf", code: "ask" },
      ],
    };
    const verdict = (language: string, code: string) => decide(config, { language, code }).verdict;
    expect(verdict("python", "print(1)")).toBe("auto");
    expect(verdict("Python", "a = 1\nimport os\n")).toBe("refuse");
    expect(verdict("bash", "rm -rf x")).toBe("ask");
    expect(verdict("bash", "ls")).toBe("refuse");
    const { executed, gpt, events } = await converse([fenced("import os"), fenced("print(1)"), "Done."], config, []);
    expect(executed).toEqual(["print(1)\n"]);
    expect(gpt.requests[1]?.messages.at(-1)?.text).toContain("a rule is about `import os`");
    expect(grammar(events)).not.toContain("approval-request");
  });

  it.each([
    ["bash", "sh"],
    ["bash", "Shell"],
    ["sh", "zsh"],
    ["bash", "bash5.2"],
    ["javascript", "cjs"],
    ["javascript", "nodejs"],
    ["typescript", "mts"],
    ["python", "ipython"],
    ["Python3", "py"],
  ])("should hold a rule for %s to what is called %s", (language, called) => {
    const config: ApproveConfig = { code: "auto", rules: [{ language, code: "refuse" }] };
    expect(decide(config, { language: called, code: "x" }).verdict).toBe("refuse");
    expect(decide(config, { language: "ruby", code: "x" }).verdict).toBe("auto");
  });

  it("should ask a person about code that keeps a pattern busy, and refuse what that rule refuses", () => {
    // The first takes two to the power of its letters, the second the square of its lines.
    const hostile: readonly (readonly [string, string])[] = [
      ["^(a+)+;", "a".repeat(60)],
      ["\\s*rm\\s+.*;", " ".repeat(200_000)],
    ];
    for (const [matches, code] of hostile) {
      const verdict = (said: "ask" | "auto" | "refuse") =>
        decide({ code: "auto", rules: [{ matches, code: said }] }, { language: "bash", code });
      expect(verdict("auto")).toEqual({ verdict: "ask", reason: expect.stringContaining("was not done") });
      expect([verdict("ask").verdict, verdict("refuse").verdict]).toEqual(["ask", "refuse"]);
    }
    expect(decide({ code: "auto", rules: [{ matches: "^$", code: "ask" }] }, { language: "x", code: "" })).toEqual({
      verdict: "ask",
      reason: "a rule is about ``",
    });
  });

  it("should run none of several blocks when one is refused", async () => {
    const config: ApproveConfig = { code: "auto", rules: [{ language: "bash", code: "refuse" }] };
    const { executed } = await converse([fenced("a") + fenced("b", "bash"), "Done."], config, []);
    expect(executed).toEqual([]);
  });

  it("should take changed options for the next answer", () => {
    const guard = new ApproveStage("guard", asking);
    guard.reconfigure({ code: "auto", rules: [] });
    const gpt = new FakeModel([fenced("a"), "Done."]);
    const box = new FakeSandbox();
    const { collect } = flowsOver({ models: { gpt }, sandboxes: { box }, stages: { guard } }, { chat });
    return expect(collect({ input: { text: "Go" } }).then(grammar)).resolves.not.toContain("approval-request");
  });

  it("should leave an answer in words alone, and end a run that is cancelled while it waits", async () => {
    const { events } = await converse(["Only words."], asking, []);
    expect(grammar(events)).not.toContain("approval-request");
    const gpt = new FakeModel([fenced("a")]);
    const guard = new ApproveStage("guard", asking);
    const { runs } = flowsOver({ models: { gpt }, sandboxes: { box: new FakeSandbox() }, stages: { guard } }, { chat });
    const run = runs.open({ input: { text: "Go" }, interactive: true });
    for await (const event of run.events()) if (event.type === "approval-request") run.cancel();
    expect((await run.done).data.status).toBe("cancelled");
  });

  it("should name a rule whose expression is none", () => {
    const rules = [{ matches: "(", code: "ask" as const }];
    expect(plugin.check?.({ code: "ask", rules })).toMatchObject([{ path: "/rules/0/matches" }]);
    expect(plugin.check?.({ code: "ask", rules: [{ matches: "a|b", code: "ask" }] })).toEqual([]);
  });
});
