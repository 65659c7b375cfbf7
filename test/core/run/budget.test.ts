import { map, type Observable } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Usage } from "../../../core/contract/event.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import type { ModelEvent, ModelRequest } from "../../../core/contract/model.ts";
import { Budget, Reservation } from "../../../core/run/budget.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { endOf, flowsOver, model, pipeOf, sandbox } from "../flow/flow-kit.ts";

/** A model whose tokens cost a cent each. */
class PricedModel extends FakeModel {
  override cost({ inputTokens, outputTokens }: Usage): number {
    return (inputTokens + outputTokens) / 100;
  }
}

/** A model that reads more than it was thought to. */
class ThirstyModel extends FakeModel {
  override generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    const usage = { inputTokens: 1000, outputTokens: 1 };
    return super
      .generate(request, signal)
      .pipe(map((event) => (event.type === "finish" ? { ...event, usage } : event)));
  }
}

const answers = (count: number, text = "It is done.") => Array<string>(count).fill(text);
const chat = { chat: model("gpt") };
const input = { text: "Go" };
const cent = ({ inputTokens, outputTokens }: Usage) => (inputTokens + outputTokens) / 100;

describe("a reservation", () => {
  it("should admit of requests that come together only those that fit", () => {
    const budget = new Budget("the run", { tokens: 1000 });
    const admit = () => Reservation.of([budget], "gpt", cent, 100);
    const first = admit();
    admit();
    expect(admit).toThrow("gpt: the budget of the run is 1000 tokens");
    // What the first one leaves over is there for the next.
    first.settle({ inputTokens: 100, outputTokens: 10 });
    expect(admit).not.toThrow();
    expect(admit).toThrow("1000 tokens");
  });

  it("should touch no budget when one of them refuses", () => {
    const wide = new Budget("the run", { tokens: 700 });
    const narrow = new Budget("the session", { outputTokens: 100 });
    expect(() => Reservation.of([wide, narrow], "gpt", cent, 100)).toThrow("the session is 100 tokens written");
    Reservation.of([wide], "gpt", cent, 400);
    expect(() => Reservation.of([wide], "gpt", cent, 400)).toThrow("700 tokens");
  });

  it("should count in money, and give back what was not used", () => {
    const budget = new Budget("the run", { usd: 5 });
    Reservation.of([budget], "gpt", cent, 100).settle({ inputTokens: 100, outputTokens: 50 });
    Reservation.of([budget], "gpt", cent, 90);
    expect(() => Reservation.of([budget], "gpt", cent, 1)).toThrow("5 USD");
  });

  it("should grow with the answer for as long as it fits", () => {
    const reservation = Reservation.of([new Budget("the run", { outputTokens: 700 })], "gpt", cent, 1);
    reservation.written(256);
    reservation.written(300);
    expect(() => reservation.written(600)).toThrow("700 tokens written");
  });

  it("should admit nothing more once it is overdrawn", () => {
    const budget = new Budget("the run", { tokens: 1000 });
    Reservation.of([budget], "gpt", cent, 10).settle({ inputTokens: 10, outputTokens: 5000 });
    expect(() => Reservation.of([budget], "gpt", cent, 1)).toThrow("1000 tokens");
  });

  it("should treat an unknown price as the policy says, and never as nothing", () => {
    const strict = new Budget("the run", { usd: 1 });
    expect(() => Reservation.of([strict], "local", () => null, 1)).toThrow("local has no known price");
    const lenient = new Budget("the run", { usd: 1, unknownPrice: "allow" });
    expect(() => Reservation.of([lenient], "local", () => null, 1)).not.toThrow();
  });
});

describe("a run with a budget", () => {
  it("should end as budget when its next request does not fit, with what it did until then", async () => {
    const gpt = new ThirstyModel(["```python\na\n```\n", "```python\nb\n```\n", "Done."]);
    const box = new FakeSandbox();
    const loop: FlowNode = { kind: "loop", body: pipeOf(model("gpt"), sandbox("box")), until: "done", max: 9 };
    const { collect } = flowsOver({ models: { gpt }, sandboxes: { box } }, { chat: loop });
    const events = await collect({ input, budget: { inputTokens: 1100 } });
    expect(endOf(events)).toMatchObject({ status: "budget", usage: { inputTokens: 1000 } });
    expect(events.find((event) => event.type === "error")?.data).toMatchObject({ code: "SLUICE_RUN_BUDGET" });
    expect(box.sessions[0]?.executed).toEqual(["a\n"]);
    expect(gpt.requests).toHaveLength(1);
  });

  it("should cut an answer that grows beyond it, and close its request", async () => {
    const gpt = new FakeModel([{ pieces: ["a".repeat(4000), "b".repeat(4000)], hang: true }]);
    const { collect } = flowsOver({ models: { gpt } }, chat);
    const events = await collect({ input, budget: { outputTokens: 1500 } });
    expect(endOf(events)).toMatchObject({ status: "budget", usage: { outputTokens: 2000, estimated: true } });
    expect(gpt.cancelled).toBe(1);
  });

  it("should go on with a model that fits", async () => {
    const gpt = new PricedModel(answers(1));
    const tiny = new FakeModel(answers(1));
    Object.assign(tiny, { cost: () => 0 });
    const { collect } = flowsOver(
      { models: { gpt, tiny } },
      { chat: { kind: "fallback", branches: [model("gpt"), model("tiny")] } },
    );
    expect(endOf(await collect({ input, budget: { usd: 0.01 } }))).toMatchObject({ status: "ok", cost: { amount: 0 } });
    expect([gpt.requests.length, tiny.requests.length]).toEqual([0, 1]);
  });

  it("should end as budget when it admits no branch of all and of race", async () => {
    const models = { a: new PricedModel(answers(2)), b: new PricedModel(answers(2)) };
    const branches = [model("a"), model("b")];
    const { collect } = flowsOver(
      { models },
      { all: { kind: "all", branches }, race: { kind: "race", branches, until: "first" } },
    );
    for (const flow of ["all", "race"]) {
      expect(endOf(await collect({ flow, input, budget: { usd: 0.01 } })).status).toBe("budget");
    }
    expect(models.a.requests).toHaveLength(0);
  });

  it("should admit of all only the branches that fit", async () => {
    const models = { a: new PricedModel(answers(1)), b: new PricedModel(answers(1)) };
    const { collect } = flowsOver({ models }, { all: { kind: "all", branches: [model("a"), model("b")] } });
    const events = await collect({ flow: "all", input, budget: { tokens: 300 } });
    expect(endOf(events).status).toBe("ok");
    expect([models.a.requests.length, models.b.requests.length]).toEqual([1, 0]);
    expect(events.find((event) => event.type === "error")).toMatchObject({
      branch: "1",
      data: { code: "SLUICE_RUN_BUDGET" },
    });
  });

  it("should ask for prices before it reserves money", async () => {
    const gpt = new FakeModel(answers(2));
    let known = false;
    Object.assign(gpt, {
      cost: () => (known ? 0 : null),
      loadPrices: async () => {
        known = true;
      },
    });
    const { collect } = flowsOver({ models: { gpt } }, chat);
    expect(endOf(await collect({ input, budget: { tokens: 1000 } })).status).toBe("ok");
    expect(known).toBe(false);
    expect(endOf(await collect({ input, budget: { usd: 1 } })).status).toBe("ok");
  });

  it("should end as timeout when its time is over", async () => {
    const gpt = new FakeModel([{ pieces: ["I think"], hang: true }]);
    const { collect } = flowsOver({ models: { gpt } }, chat);
    expect(endOf(await collect({ input, budget: { time: 20 } })).status).toBe("timeout");
  });

  it("should charge nothing for a request that was refused", async () => {
    const gpt = new PricedModel([]);
    const { collect } = flowsOver({ models: { gpt } }, chat);
    expect(endOf(await collect({ input }))).toMatchObject({ status: "failed", cost: { amount: 0 } });
  });
});

describe("the budgets of a profile", () => {
  const priced = (count: number) => ({ models: { gpt: new PricedModel(answers(count)) } });

  it("should bound every run, and no run may widen that", async () => {
    const { collect } = flowsOver(priced(2), chat, { run: { usd: 0.01 } });
    expect(endOf(await collect({ input, budget: { usd: 100 } })).status).toBe("budget");
  });

  it("should bound the runs of a session together", async () => {
    const { collect } = flowsOver(priced(9), chat, { session: { tokens: 264 } });
    const status = async (session: string) => endOf(await collect({ input, session })).status;
    expect([await status("a"), await status("a"), await status("a")]).toEqual(["ok", "ok", "budget"]);
    expect(await status("b")).toBe("ok");
  });

  it("should bound the runs of a client together, until its period is over", async () => {
    let now = 0;
    const { collect } = flowsOver(priced(9), chat, { client: { tokens: 258, per: 1000 } }, () => now);
    const status = async (owner: string) => endOf(await collect({ input, owner })).status;
    expect([await status("a"), await status("a"), await status("b")]).toEqual(["ok", "budget", "ok"]);
    now = 1000;
    expect(await status("a")).toBe("ok");
  });

  it("should refuse runs of a session whose time is spent", async () => {
    let now = Date.now();
    const { collect } = flowsOver(priced(9), chat, { session: { time: 250 } }, () => (now += 300));
    const run = async () => endOf(await collect({ input, session: "s" }));
    expect((await run()).status).toBe("ok");
    expect(await run()).toMatchObject({ status: "budget", reason: "the budget of the session has no time left" });
  });
});
