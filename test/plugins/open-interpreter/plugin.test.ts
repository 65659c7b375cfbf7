import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import { LeakCheck } from "../../../core/testing/index.ts";
import plugin from "../../../plugins/open-interpreter/index.ts";
import { said } from "../../core/kit/lmc/fake-lmc-server.ts";
import { ask, defaults, echo, log, MIB, make, request } from "./open-interpreter-kit.ts";

describe("the plugin", () => {
  it("should leave nothing behind, whatever was under way", async () => {
    await make({}, { answer: echo }).model[Symbol.asyncDispose]();
    const leaks = new LeakCheck();
    const { engine, model } = make({}, { answer: ({ send }) => send(said("hm")) }, true);
    await engine.started(1);
    const asked = ask(model, request("one", "mine"));
    asked.catch(() => undefined);
    await engine.started(2);
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    await expect(asked).rejects.toBeInstanceOf(SluiceError);
    expect(engine.alive).toEqual([]);
    expect(await leaks.leaked()).toEqual([]);
  });

  it("should build its image when told to pull", async () => {
    const { engine, model } = make();
    await model.pull({}, new AbortController().signal);
    expect(engine.prepared).toBe(1);
  });

  it("should refuse an engine that lends no containers", () => {
    const context = { id: "oi", config: defaults, log, mode: { serving: false, terminal: true } };
    expect(() => plugin.create({ ...context, refs: { engine: {} } })).toThrow(/lends no containers/);
  });

  it("should refuse files that leave no memory", () => {
    expect(plugin.check?.({ ...defaults, workspace: 1024 * MIB })).toMatchObject([{ path: "/memory" }]);
    expect(plugin.check?.(defaults)).toEqual([]);
  });
});
