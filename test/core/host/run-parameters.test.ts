import { describe, expect, it } from "vitest";
import { HostView } from "../../../core/host/authority/host-view.ts";
import { createHost } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "./temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

async function serve(env: Record<string, string>) {
  const plugins = { one: { use: "./candid" }, two: { use: "./candid" }, loud: { use: "./shout" } };
  const flows = { chat: "one", both: ["one", "two"], loud: "loud" };
  const host = await createHost({ config: { version: 1, plugins, flows }, cwd: custom, env });
  const ask = async (parameters?: Record<string, Record<string, unknown>>, flow = "chat") => {
    const handle = host.runs.open({ flow, input: { text: "hi" }, ...(parameters === undefined ? {} : { parameters }) });
    const events = await collect(handle);
    const texts = events.flatMap((event) => (event.type === "text-delta" ? [event.data.text] : []));
    return { status: endOf(events).status, texts, refusal: handle.refusal };
  };
  return { host, ask, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

describe("what a run sets in place of a model's options", () => {
  it("should hold for that run and that model alone", async () => {
    using home = temporaryHome();
    await using served = await serve(home.env);
    expect((await served.ask({ one: { temperature: 1.5 } })).texts).toEqual(['{"temperature":1.5}']);
    expect((await served.ask()).texts).toEqual(['"none"']);
    expect((await served.ask({ two: { temperature: 1 } }, "both")).texts).toEqual(['"none"', '{"temperature":1}']);
    expect(served.host.settings.get("one")).toMatchObject({ temperature: 0.2 });
  });

  it.each([
    ["one", { baseURL: "http://127.0.0.1:1" }, "SLUICE_RUN_PARAMETER"],
    ["one", { apiKey: "k" }, "SLUICE_RUN_PARAMETER"],
    ["one", { model: "other" }, "SLUICE_RUN_PARAMETER"],
    ["one", { temprature: 1 }, "SLUICE_RUN_PARAMETER"],
    ["one", { constructor: 1 }, "SLUICE_RUN_PARAMETER"],
    ["loud", { temperature: 1 }, "SLUICE_RUN_PARAMETER"],
    ["one", { temperature: 9 }, "SLUICE_CONFIG_TYPE"],
    ["one", { temperature: "hot" }, "SLUICE_CONFIG_TYPE"],
    ["nobody", { temperature: 1 }, "SLUICE_CONFIG_UNKNOWN_REFERENCE"],
  ])("should be refused where the model does not take it (%s: %j)", async (model, values, code) => {
    using home = temporaryHome();
    await using served = await serve(home.env);
    const { status, texts, refusal } = await served.ask({ [model]: values });
    expect([status, texts, refusal?.code]).toEqual(["failed", [], code]);
  });

  it("should take the role that opens runs, and no more", async () => {
    using home = temporaryHome();
    await using served = await serve(home.env);
    const [reader, runner] = (["read", "run"] as const).map((role) => new HostView(served.host, { name: "me", role }));
    const parameters = { one: { temperature: 1 } };
    const open = { flow: "chat", input: { text: "hi" }, parameters };
    for (const refused of [() => reader?.runs.open(open), () => reader?.settings.demandForRun("one", parameters.one)]) {
      expect(refused).toThrow(expect.objectContaining({ code: "SLUICE_WIRE_FORBIDDEN" }));
    }
    runner?.settings.demandForRun("one", parameters.one);
    expect(runner?.runs.open(open).refusal).toBeUndefined();
  });

  it("should say which options may be set", async () => {
    using home = temporaryHome();
    await using served = await serve(home.env);
    const { refusal } = await served.ask({ one: { temprature: 1 } });
    expect(refusal?.cure).toBe("Did you mean `temperature`? Options that may be set for one run: temperature.");
  });
});
