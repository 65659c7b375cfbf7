import { concat, Observable, of, tap, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { FlowNode } from "../../../core/contract/flow.ts";
import type { ExecEvent, Model, ModelEvent, Sandbox, Stage } from "../../../core/contract/index.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { turns, watchUncaught } from "../../fuzz/uncaught.ts";
import { endOf, flowsOver, model, pipeOf, sandbox, stage } from "./flow-kit.ts";

function boom(): never {
  throw new Error("boom");
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

/** Data that no event may have. */
const bad: Readonly<Record<string, unknown>> = {
  "nested 20,000 deep": { data: { "application/json": nested(20_000) } },
  "a cycle": { data: cycle },
  "a bigint": { data: { n: 1n } },
  "a toJSON that throws": { data: { odd: { toJSON: boom } } },
  "a getter that throws": { data: Object.defineProperty({}, "x", { get: boom, enumerable: true }) },
  "a proxy that throws": { data: new Proxy({}, { ownKeys: boom, get: boom }) },
  nothing: undefined,
  null: null,
  "a text": "text",
};

/** Plugins that throw wherever they are given the chance, over whatever is asked of them. */
const models: Readonly<Record<string, () => Partial<Model>>> = {
  "throws when asked": () => ({ generate: boom }),
  "throws when subscribed": () => ({ generate: () => new Observable<never>(boom) }),
  "throws null": () => ({ generate: () => new Observable<never>((to) => to.error(null)) }),
  "throws later": () => ({ generate: () => timer(0).pipe(tap(boom)) as never }),
  "throws in its teardown": () => ({
    generate: () =>
      new Observable<never>((to) => {
        to.complete();
        return boom;
      }),
  }),
  "emits null": () => ({ generate: () => of(null) as Observable<never> }),
  "emits no text": () => ({ generate: () => of({ type: "text-delta" }) as Observable<never> }),
  "emits a type of its own": () => ({ generate: () => of({ type: "odd" }) as Observable<never> }),
  "has no id": () => ({
    get modelId(): string {
      return boom();
    },
  }),
  "throws at its price": () => ({
    generate: () => of<never>({ type: "finish", reason: "stop", usage: null } as never),
    cost: boom,
  }),
};
for (const [name, data] of Object.entries(bad)) {
  const event = { type: "exec", event: { type: "exec-result", data } } as unknown as ModelEvent;
  (models as Record<string, () => Partial<Model>>)[`emits an event with ${name}`] = () => ({
    generate: () => concat(of({ type: "text-delta", text: "a" } as ModelEvent), of(event)),
  });
}

const stages: Readonly<Record<string, Stage["apply"]>> = {
  "throws when applied": boom,
  "throws at an event": (events) => events.pipe(tap(boom)),
  "throws later": () => timer(0).pipe(tap(boom)) as never,
  "emits null": () => of(null) as Observable<never>,
  "emits a bigint": (events) =>
    concat(events, of<never>({ source: "s", type: "exec-result", data: { data: { n: 1n } } } as never)),
};

const race = (...branches: FlowNode[]): FlowNode => ({ kind: "race", branches, until: "first" }) as never;
const all = (...branches: FlowNode[]): FlowNode => ({ kind: "all", branches }) as never;
const loop = (body: FlowNode): FlowNode => ({ kind: "loop", body, until: "done", max: 2, runsCode: false }) as never;

const shapes: Readonly<Record<string, (node: FlowNode) => FlowNode>> = {
  alone: (node) => node,
  "in a pipe": (node) => pipeOf(model("good"), node, model("good")),
  "in a race": (node) => race(node, model("good")),
  "in all": (node) => all(node, model("good")),
  "in a loop": loop,
};

const good = () => new FakeModel(["one", "two", "three", "four"]);
const broken = (part: Partial<Model>): Model => Object.defineProperties(good(), Object.getOwnPropertyDescriptors(part));

/** The run ends exactly once, and nothing of it reaches the process. */
async function survives(parts: Parameters<typeof flowsOver>[0], node: FlowNode, code = false): Promise<string> {
  using watch = watchUncaught();
  const flows = flowsOver({ ...parts, models: { good: good(), ...parts.models } }, { main: node });
  const input = code ? { code: "x", language: "python" } : { text: "hi" };
  const events = await flows.collect({ flow: "main", input });
  await turns();
  expect(watch.errors).toEqual([]);
  expect(events.filter(({ type }) => type === "run-end")).toHaveLength(1);
  return endOf(events).status;
}

describe.each(Object.keys(shapes))("a plugin that fails, %s", (shape) => {
  const around = shapes[shape] as (node: FlowNode) => FlowNode;

  it.each(Object.keys(models))("should fail its run alone when a model %s", async (name) => {
    const status = await survives({ models: { bad: broken(models[name]?.() ?? {}) } }, around(model("bad")));
    expect(status).toMatch(/^(ok|failed)$/);
  });

  it.each(Object.keys(bad))("should fail its run alone when a sandbox emits %s", async (name) => {
    const box: Sandbox = new FakeSandbox();
    const open = box.open.bind(box);
    box.open = async (spec, signal) => {
      const session = await open(spec, signal);
      const event = { type: "exec-result", data: bad[name] } as unknown as ExecEvent;
      return Object.assign(session, { execute: () => of(event) });
    };
    expect(await survives({ sandboxes: { box } }, around(sandbox("box")), true)).toMatch(/^(ok|failed)$/);
  });

  it.each(Object.keys(stages))("should fail its run alone when a stage %s", async (name) => {
    const apply = stages[name] ?? boom;
    const odd = { apply, async [Symbol.asyncDispose]() {} };
    const node = pipeOf(model("good"), stage("odd"));
    expect(await survives({ stages: { odd } }, around(node))).toMatch(/^(ok|failed)$/);
  });
});
