import { concat, from, map, Observable } from "rxjs";
import type { ExecEvent, Model, ModelEvent, Sandbox, Stage } from "../../../core/contract/index.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { flowsOver, model, pipeOf, sandbox, stage } from "../../core/flow/flow-kit.ts";
import { texts } from "../mutate.ts";
import type { Edge } from "../run.ts";

/** What the input says a plugin does: each line an event, or where it is none, something that throws. */
function acts(input: Buffer): readonly unknown[] {
  return input
    .toString("utf8")
    .split("\n")
    .slice(0, 20)
    .map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return new Error(line.slice(0, 100));
      }
    });
}

/** Emits what it is told to, and throws where an event says so, in the middle or when it is left. */
function played<Event>(all: readonly unknown[]): Observable<Event> {
  const events = from(all).pipe(
    map((act) => {
      if (act instanceof Error) throw act;
      return act as Event;
    }),
  );
  const teardown = new Observable<Event>((subscriber) => {
    subscriber.complete();
    return () => {
      if (all.length % 3 === 0) throw new Error("teardown");
    };
  });
  return concat(events, teardown);
}

const finish = { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } };
const end = {
  type: "exec-end",
  data: { status: "exited", exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 },
};
const lines = (...events: readonly unknown[]) => events.map((event) => JSON.stringify(event)).join("\n");

/** Plugins that emit anything and throw anywhere, in runs of their own. */
export const plugins: Edge = {
  corpus: texts(
    lines({ type: "text-delta", text: "hi" }, { type: "code-delta", language: "python", text: "1", index: 0 }, finish),
    lines(
      { type: "exec", event: { type: "exec-result", data: { data: { "text/plain": "1" } } } },
      { type: "rewind", reason: "x" },
      finish,
    ),
    lines(
      { type: "exec-start", data: { language: "python", code: "1" } },
      { type: "exec-stdout", data: { text: "x", offset: 0 } },
      end,
    ),
    lines(
      { type: "exec-result", data: { data: { "image/png": "aGk=" } } },
      { source: "s", type: "error", data: { code: "X", message: "m", cure: "c" } },
    ),
  ),
  async take(input) {
    const all = acts(input);
    const talker = { modelId: "m", generate: () => played<ModelEvent>(all), async [Symbol.asyncDispose]() {} } as Model;
    const box: Sandbox = new FakeSandbox();
    const open = box.open.bind(box);
    box.open = async (spec, signal) => {
      const session = await open(spec, signal);
      return Object.assign(session, { execute: () => played<ExecEvent>(all) });
    };
    const odd: Stage = {
      apply: (events) => concat(events, played<never>(all)),
      async [Symbol.asyncDispose]() {},
    };
    const parts = { models: { talker }, sandboxes: { box }, stages: { odd } };
    const flows = flowsOver(parts, { main: pipeOf(model("talker"), stage("odd"), sandbox("box")) });
    const code = input.length % 2 === 0 ? { code: "1", language: "python" } : { text: "hi" };
    const events = await flows.collect({ flow: "main", input: code });
    const ends = events.filter(({ type }) => type === "run-end").length;
    if (ends !== 1 || events.at(-1)?.type !== "run-end") throw new Error(`${ends} ends of one run`);
  },
};
