import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import { OpenInterpreter } from "../../../plugins/open-interpreter/model.ts";
import { FakeEngine } from "./fake-engine.ts";
import { ask, defaults, echo, log, make, open, request } from "./open-interpreter-kit.ts";

describe("the pool", () => {
  it("should have a server ready, give it to a session, and be filled again", async () => {
    const { engine, model } = make({}, { answer: echo }, true);
    await engine.started(1);
    await ask(model, request("one", "mine"));
    await engine.started(2);
    expect(engine.services.map(({ server }) => server.settings.length)).toEqual([1, 0]);
  });

  it("should be filled in a host that serves alone", async () => {
    const { engine } = make({}, {}, false);
    expect(engine.services).toEqual([]);
  });

  it("should replace a server that died, and say so until it is there", async () => {
    const { engine, health } = make({}, {}, true);
    await engine.started(1);
    await expect.poll(() => health.length).toBe(2);
    await engine.services[0]?.crash();
    await engine.started(2);
    await expect.poll(() => health.map(({ status }) => status)).toEqual(["ok", "ok", "degraded", "ok"]);
  });

  it("should say why it cannot be filled", async () => {
    const engine = new FakeEngine();
    engine.failure = new SluiceError("SLUICE_DOCKER_UNAVAILABLE", "no engine");
    const model = new OpenInterpreter(defaults, { id: "oi", engine, log, mode: { serving: true, terminal: true } });
    open.push(model);
    model.start();
    await expect.poll(() => model.health$.value).toEqual({ status: "degraded", reason: "no engine" });
  });
});
