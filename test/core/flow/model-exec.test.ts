import { from } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Model, ModelEvent, ModelRequest } from "../../../core/contract/model.ts";
import type { ExecEvent } from "../../../core/contract/sandbox.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { endOf, flowsOver, grammar, model, pipeOf, sandbox } from "./flow-kit.ts";

const exec = (event: ExecEvent): ModelEvent => ({ type: "exec", event });
const text = (given: string): ModelEvent => ({ type: "text-delta", text: given });
const finish: ModelEvent = { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } };

function program(code: string, exitCode: number): readonly ModelEvent[] {
  return [
    { type: "code-delta", language: "python", text: code, index: 0 },
    exec({ type: "exec-start", data: { language: "python", code } }),
    exec({ type: "exec-stdout", data: { text: "42\n", offset: 0 } }),
    exec({
      type: "exec-end",
      data: { status: "exited", exitCode, signal: null, stateLost: false, wallMs: 1, cpuMs: 0, peakBytes: 0 },
    }),
  ];
}

/** A model that runs its code by itself. */
class Interpreter implements Model {
  readonly modelId = "interpreter";
  readonly requests: ModelRequest[] = [];
  readonly #events: readonly ModelEvent[];

  constructor(...events: readonly ModelEvent[]) {
    this.#events = events;
  }

  generate(request: ModelRequest) {
    this.requests.push(request);
    return from(this.#events);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

describe("a model that runs its code by itself", () => {
  it("should have its executions in the stream, with text and code closed before them", async () => {
    const self = new Interpreter(text("```python\nx = 1"), ...program("print(42)", 0), text("It is 42."), finish);
    const events = await flowsOver({ models: { self } }, { chat: model("self") }).collect({ input: { text: "hi" } });
    expect(grammar(events)).toEqual([
      ...["run-start", "model-start", "code-start", "code-delta", "code-end", "code-start", "code-delta", "code-end"],
      ...["exec-start", "exec-stdout", "exec-end", "text-start", "text-delta", "text-end", "model-end", "run-end"],
    ]);
    expect(new Set(events.map(({ source }) => source))).toEqual(new Set(["core", "self"]));
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0 });
  });

  it("should fail the run when its last program failed", async () => {
    const self = new Interpreter(...program("exit(3)", 3), finish);
    const events = await flowsOver({ models: { self } }, { chat: model("self") }).collect({ input: { text: "hi" } });
    expect(endOf(events)).toMatchObject({ status: "failed", exitCode: 3 });
  });

  it("should read a fence that comes first after an execution", async () => {
    const self = new Interpreter(text("Now:"), ...program("1", 0), text("```python\nprint(2)\n```"), finish);
    const box = new FakeSandbox(() => ({ stdout: "2\n" }));
    const flow = pipeOf(model("self"), sandbox("box"));
    const events = await flowsOver({ models: { self }, sandboxes: { box } }, { chat: flow }).collect({
      input: { text: "hi" },
    });
    // What it ran is not run again; what it only wrote is.
    expect(box.sessions[0]?.executed).toEqual(["print(2)\n"]);
    expect(endOf(events)).toMatchObject({ status: "ok" });
  });

  it("should be seen by the next model as answer, output, answer, in this order", async () => {
    const self = new Interpreter(...program("print(42)", 0), text("It is 42."), finish);
    const next = new FakeModel(["Well."]);
    await flowsOver({ models: { self, next } }, { chat: pipeOf(model("self"), model("next")) }).collect({
      input: { text: "hi" },
    });
    const seen = next.requests[0]?.messages.map(({ role, name, text: said }) => [role, name, said]);
    expect(seen).toEqual([
      ["user", undefined, "hi"],
      ["user", "self", expect.stringContaining("print(42)")],
      ["user", undefined, "The code ran. Its output:\n42"],
      ["user", "self", "It is 42."],
    ]);
  });

  it("should take back what it said when it begins anew", async () => {
    const self = new Interpreter(text("wrong"), { type: "rewind", reason: "another way" }, text("right"), finish);
    const next = new FakeModel(["Well."]);
    const events = await flowsOver({ models: { self, next } }, { chat: pipeOf(model("self"), model("next")) }).collect({
      input: { text: "hi" },
    });
    const rewind = events.find(({ type }) => type === "rewind");
    const start = events.find(({ type }) => type === "model-start");
    expect(rewind?.data).toEqual({ from: start?.seq, reason: "another way" });
    expect(next.requests[0]?.messages.map(({ text: said }) => said)).toEqual(["hi", "right"]);
  });

  it("should be told its session, and its branch's inside of branches", async () => {
    const self = new Interpreter(finish);
    const flows = flowsOver(
      { models: { self } },
      { chat: model("self"), both: { kind: "all", branches: [model("self"), model("self")] } },
    );
    await flows.collect({ flow: "chat", session: "mine", input: { text: "hi" } });
    await flows.collect({ flow: "both", session: "mine", input: { text: "hi" } });
    expect(self.requests.map(({ session }) => session)).toEqual(["mine", "mine.0", "mine.1"]);
  });
});
