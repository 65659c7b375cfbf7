import * as fc from "fast-check";
import { Observable } from "rxjs";
import { SluiceError } from "../../../../core/contract/errors.ts";
import type { RunEvent } from "../../../../core/contract/event.ts";
import type { FlowNode } from "../../../../core/contract/flow.ts";
import type { Model, ModelEvent } from "../../../../core/contract/model.ts";
import type { RunHandle } from "../../../../core/contract/run.ts";
import type { ExecEvent, ExecuteOptions, Sandbox, SandboxSession } from "../../../../core/contract/sandbox.ts";
import { FakeSandboxSession } from "../../../../core/testing/fake-sandbox.ts";
import { flowsOver, model, sandbox } from "../../flow/flow-kit.ts";

/** Numbers in an endless row, which decide all that is random in a run. */
export type Picks = () => number;

/** A row of numbers that a seed decides (mulberry32). */
export function picksFrom(seed: number): Picks {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const node = fc.letrec<{ flow: FlowNode }>((tie) => {
  const branches = fc.array(tie("flow"), { minLength: 1, maxLength: 3 });
  return {
    flow: fc.oneof(
      { maxDepth: 3, depthSize: "small", withCrossShrink: true },
      fc.constantFrom(model("gpt"), model("self"), sandbox("box")),
      fc.record({ kind: fc.constant("pipe" as const), steps: branches }),
      fc.record({ kind: fc.constant("fallback" as const), branches }),
      fc.record({ kind: fc.constant("all" as const), branches }),
      fc.record({
        kind: fc.constant("race" as const),
        branches,
        until: fc.constantFrom("first" as const, "passes" as const),
      }),
      fc.record({
        kind: fc.constant("loop" as const),
        body: tie("flow"),
        until: fc.constantFrom("done" as const, "passes" as const),
        max: fc.constantFrom(1, 2),
      }),
    ),
  };
});

export const randomFlow = node.flow;

/** Every piece is another one, so that none is taken for another. */
class Pieces {
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#count} `;
  }
}

const ended = { signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };

function programEvents(pick: Picks, pieces: Pieces, code: string): ExecEvent[] {
  const printed = Array.from({ length: pick() % 5 }, (): ExecEvent => {
    const type = pick() % 3 === 0 ? "exec-stderr" : "exec-stdout";
    const text = pieces.next();
    if (pick() % 4 === 0)
      return { type, data: { base64: Buffer.from(`\xff${text}`, "latin1").toString("base64"), offset: 0 } };
    return { type, data: { text, offset: 0 } };
  });
  const end: ExecEvent = {
    type: "exec-end",
    data: { ...ended, status: "exited", exitCode: pick() % 3 === 0 ? 1 : 0 },
  };
  return [{ type: "exec-start", data: { language: "python", code } }, ...printed, end];
}

const tags = ["<think>", "</think>", "\n```python\n", "\n```\n", "\n"];

/** What a model does: words, thoughts and code with and without their ends, programs of its own, attempts that are void. */
function answerEvents(pick: Picks, pieces: Pieces, runsCode: boolean): (ModelEvent | SluiceError)[] {
  const events: (ModelEvent | SluiceError)[] = [];
  for (let turn = pick() % 7; turn >= 0; turn -= 1) {
    const kind = pick() % 9;
    if (kind < 4) events.push({ type: "text-delta", text: pieces.next() });
    else if (kind === 4) events.push({ type: "text-delta", text: tags[pick() % tags.length] ?? "" });
    else if (kind === 5) events.push({ type: "reasoning-delta", text: pieces.next() });
    else if (kind === 6)
      events.push({ type: "code-delta", language: "python", text: pieces.next(), index: pick() % 2 });
    else if (kind === 7 && runsCode) {
      for (const event of programEvents(pick, pieces, pieces.next())) events.push({ type: "exec", event });
    } else if (kind === 8 && pick() % 2 === 0) events.push({ type: "rewind", reason: "another attempt" });
  }
  const usage = { inputTokens: 1, outputTokens: 1 };
  if (pick() % 4 === 0) events.push(new SluiceError("SLUICE_MODEL_OVERLOADED", "no room"));
  else events.push({ type: "finish", reason: pick() % 4 === 0 ? "length" : "stop", usage });
  return events;
}

/** Gives the events one by one, and lets others speak between them. */
function played<Event>(events: readonly (Event | SluiceError)[], pick: Picks, signal?: AbortSignal): Observable<Event> {
  return new Observable((subscriber) => {
    const step = async () => {
      for (const event of events) {
        for (let pause = pick() % 3; pause > 0; pause -= 1) await Promise.resolve();
        if (subscriber.closed) return;
        if (signal?.aborted) return subscriber.error(signal.reason);
        if (event instanceof SluiceError) return subscriber.error(event);
        subscriber.next(event);
      }
      subscriber.complete();
    };
    void step();
  });
}

class RandomModel implements Model {
  readonly modelId = "random";
  readonly #script: () => Observable<ModelEvent>;

  constructor(script: () => Observable<ModelEvent>) {
    this.#script = script;
  }

  generate(): Observable<ModelEvent> {
    return this.#script();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class RandomSession extends FakeSandboxSession {
  readonly #script: (code: string, signal?: AbortSignal) => Observable<ExecEvent>;

  constructor(id: string, spec: SandboxSession["spec" & never], script: (code: string) => Observable<ExecEvent>) {
    super(id, spec, () => undefined);
    this.#script = script;
  }

  override execute(code: string, options: ExecuteOptions): Observable<ExecEvent> {
    return this.#script(code, options.signal);
  }
}

/** The journal of one run of the flow, in which everything is decided by `pick`. */
export async function journalOf(flow: FlowNode, pick: Picks): Promise<readonly RunEvent[]> {
  const pieces = new Pieces();
  const speaks = (runsCode: boolean) => new RandomModel(() => played(answerEvents(pick, pieces, runsCode), pick));
  let sessions = 0;
  const box: Sandbox = {
    async open(spec) {
      sessions += 1;
      return new RandomSession(`s${sessions}`, spec as never, (code) =>
        played<ExecEvent>(programEvents(pick, pieces, code), pick),
      );
    },
    async [Symbol.asyncDispose]() {},
  };
  const { runs } = flowsOver({ models: { gpt: speaks(false), self: speaks(true) }, sandboxes: { box } }, { flow });
  const run = runs.open({ flow: "flow", input: { text: "Go" } });
  if (pick() % 2 === 0) void cancelled(run, pick() % 60);
  const events: RunEvent[] = [];
  for await (const event of run.events()) events.push(event);
  return events;
}

/** Ends a run in the middle of whatever it does. */
async function cancelled(run: RunHandle, after: number): Promise<void> {
  for (let turn = 0; turn < after; turn += 1) await Promise.resolve();
  run.cancel("run");
}
