import { EMPTY, NEVER, Observable, of, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import {
  type Model,
  type ModelEvent,
  type Sink,
  type SinkEntry,
  SluiceError,
  type Stage,
} from "../../../core/contract/index.ts";
import type { ContractCase, ContractContext, SinkBackend } from "../../../core/testing/contract/cases.ts";
import { modelCases } from "../../../core/testing/contract/model-cases.ts";
import { sandboxCases } from "../../../core/testing/contract/sandbox-cases.ts";
import { sinkCases } from "../../../core/testing/contract/sink-cases.ts";
import { stageCases } from "../../../core/testing/contract/stage-cases.ts";
import { storeCases } from "../../../core/testing/contract/store-cases.ts";
import { FakeModel, FakeSandbox, MemorySink } from "../../../core/testing/index.ts";
import { openStore } from "../../plugins/store-sqlite/store-kit.ts";

/** Names of the cases that an instance does not pass, each tried with a new one. */
async function failing<T>(
  cases: readonly ContractCase<T>[],
  create: () => T,
  context: () => ContractContext = () => ({}),
): Promise<string> {
  const failed: string[] = [];
  for (const { run } of cases) await run(create(), context()).catch((error: Error) => failed.push(error.message));
  return failed.join("; ");
}

const nothing = { async [Symbol.asyncDispose]() {} };
const finish: ModelEvent = { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } };
const model = (generate: Model["generate"]): Model => ({ modelId: "odd", generate, ...nothing });
const stage = (apply: Stage["apply"]): Stage => ({ apply, ...nothing });

describe("the contract of a model", () => {
  it("should be kept by the fake", async () => {
    expect(await failing(modelCases, () => new FakeModel(["one", "two", "three", "four"]))).toBe("");
  });

  it.each<[string, Model["generate"], string]>([
    ["ends without a finish", () => of({ type: "text-delta", text: "x" } as const), "had 0 finish"],
    ["finishes twice", () => of(finish, finish), "had 2 finish"],
    [
      "says something after the end",
      () => of(finish, { type: "text-delta", text: "x" } as const),
      "not as its last event",
    ],
    ["fails with anything", () => throwError(() => new TypeError("odd")), "no SluiceError"],
    ["does not listen to an abort", () => NEVER, "took longer than"],
  ])("should not be kept by one that %s", async (_, generate, message) => {
    const cases = message === "took longer than" ? modelCases.slice(-1) : modelCases;
    expect(await failing(cases, () => model(generate))).toContain(message);
  });
});

describe("the contract of a stage", () => {
  it("should be kept by one that lets everything through", async () => {
    expect(await failing(stageCases, () => stage((events) => events))).toBe("");
  });

  it.each<[string, Stage["apply"], string]>([
    ["returns nothing", () => undefined as never, "returned no Observable"],
    ["emits rubbish", () => of(null) as never, "it emitted null"],
    ["does not end", () => NEVER, "took longer than"],
    [
      "reads on",
      (events) =>
        new Observable(
          (subscriber) =>
            void events.subscribe({
              next: (event) => subscriber.next(event),
              error: (error) => subscriber.error(error),
            }),
        ),
      "reads on",
    ],
    [
      "changes what it was given",
      (events) =>
        new Observable((subscriber) =>
          events.subscribe({
            next: (event) => subscriber.next(Object.assign(event, { source: "me" })),
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        ),
      "it changed an event",
    ],
  ])("should not be kept by one that %s", async (_, apply, message) => {
    expect(await failing(stageCases, () => stage(apply))).toContain(message);
  });
});

/** A receiver, and a sink that writes to it: what it does with a refusal is what is tried. */
function receiving(refusal: (how: string) => unknown): () => { sink: Sink; backend: SinkBackend } {
  return () => {
    let [how, received] = ["ok", 0];
    const write = (batch: readonly SinkEntry[]): void => {
      if (how === "ok") received += batch.length;
      else {
        const thrown = refusal(how);
        if (thrown !== undefined) throw thrown;
      }
    };
    const backend = {
      answer: (next: string) => {
        how = next;
      },
      received: () => received,
    };
    return { sink: { write, flush() {}, ...nothing }, backend };
  };
}

async function failingSink(make: () => { sink: Sink; backend: SinkBackend }): Promise<string> {
  const failed: string[] = [];
  for (const { run } of sinkCases) {
    const { sink, backend } = make();
    await run(sink, { backend }).catch((error: Error) => failed.push(error.message));
  }
  return failed.join("; ");
}

describe("the contract of a sink", () => {
  const told = (how: string) => new SluiceError("SLUICE_PLUGIN_FAULT", "refused", { retryable: how === "transient" });

  it("should be kept by one that tells of each refusal, and by the one in memory", async () => {
    expect(await failingSink(receiving(told))).toBe("");
    expect(await failing(sinkCases, () => new MemorySink())).toBe("");
  });

  it.each<[string, (how: string) => unknown, string]>([
    ["swallows a refusal", () => undefined, "accepted and 0 refused"],
    ["tells with anything", () => new Error("odd"), "no SluiceError"],
    ["calls each refusal final", () => told("permanent"), "retryable is wrong for a transient refusal"],
  ])("should not be kept by one that %s", async (_, refusal, message) => {
    expect(await failingSink(receiving(refusal))).toContain(message);
  });
});

describe("the contracts of a sandbox and of a store", () => {
  it("should be kept by the fake sandbox, and not by one whose program never ends", async () => {
    expect(await failing(sandboxCases, () => new FakeSandbox())).toBe("");
    const open = new FakeSandbox();
    const endless = Object.assign(open, {
      open: async (...args: Parameters<FakeSandbox["open"]>) =>
        Object.assign(await FakeSandbox.prototype.open.apply(open, args), { execute: () => EMPTY }),
    });
    expect(await failing(sandboxCases, () => endless)).toContain("0 exec-end");
  });

  it("should be kept by store-sqlite, and not by one that forgets", async () => {
    expect(await failing(storeCases, () => openStore())).toBe("");
    const forgetful = { append() {}, read: () => [], runs: () => [], unfinished: () => [], ...nothing };
    expect(await failing(storeCases, () => forgetful)).toContain("came back otherwise");
  });
});
