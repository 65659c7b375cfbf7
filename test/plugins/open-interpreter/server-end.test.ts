import { describe, expect, it } from "vitest";
import type { ModelEvent, SluiceError } from "../../../core/contract/index.ts";
import { activeLine, coded, complete, printed, said, type Talk } from "../../core/kit/lmc/fake-lmc-server.ts";
import { ask, defaults, echo, make, request, textOf } from "./open-interpreter-kit.ts";

describe("a server", () => {
  it("should be reached again when its connection broke between two answers", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one", "mine"));
    engine.services[0]?.server.drop();
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
    expect(engine.services).toHaveLength(1);
  });

  it("should be replaced when its connection breaks in the middle of an answer", async () => {
    const { engine, model } = make(
      {},
      { answer: (talk) => (talk.text === "one" ? talk.socket.terminate() : echo(talk)) },
    );
    await expect(ask(model, request("one", "mine"))).rejects.toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
    await expect.poll(() => engine.alive).toHaveLength(1);
    expect(engine.services).toHaveLength(2);
  });

  it("should be told of when it dies in the middle, with its program lost, and the next prompt answered", async () => {
    const { engine, model } = make(
      {},
      {
        answer: (talk) => {
          if (talk.text !== "one") return echo(talk);
          talk.send(coded("while True: pass"), activeLine(1), printed("on it\n"));
          return undefined;
        },
      },
    );
    const events: ModelEvent[] = [];
    const failure = new Promise<SluiceError>((resolve) => {
      model.generate(request("one", "mine"), new AbortController().signal).subscribe({
        next: (event) => {
          events.push(event);
          if (event.type === "exec" && event.event.type === "exec-stdout") void engine.services[0]?.crash("Killed");
        },
        error: resolve,
      });
    });
    expect(await failure).toMatchObject({
      code: "SLUICE_SANDBOX_LOST",
      message: "oi: the server is gone: its container ended (Killed).",
    });
    expect(events.at(-1)).toMatchObject({ event: { type: "exec-end", data: { status: "lost", stateLost: true } } });
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
  });

  it("should be given up when it answers no heartbeat any more", async () => {
    let alive = true;
    const { engine, model } = make(
      { heartbeat: 10 },
      {
        alive: () => alive,
        answer: ({ send }) => {
          send(said("hm"));
          alive = false;
        },
      },
    );
    await expect(ask(model, request("one", "mine"))).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_LOST",
      message: expect.stringContaining("does not answer any more"),
    });
    await expect.poll(() => engine.alive).toEqual([]);
  });

  it("should be killed with an answer that is cancelled, and another take its place", async () => {
    const talks: Talk[] = [];
    const { engine, model } = make({}, { answer: (talk) => void talks.push(talk) });
    const stop = new AbortController();
    const asked = ask(model, request("one", "mine"), stop.signal);
    await expect.poll(() => talks.length).toBe(1);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
    await expect.poll(() => engine.alive).toEqual([]);
    const again = ask(model, request("two", "mine"));
    await expect.poll(() => talks.length).toBe(2);
    talks[1]?.send(said("here"), complete);
    expect(textOf(await again)).toBe("here");
  });

  it("should go with a program that takes too long, whose end decides", async () => {
    const { engine, model } = make(
      { timeouts: { ...defaults.timeouts, execution: 50 } },
      { answer: ({ send }) => send(coded("while True: pass"), activeLine(1)) },
    );
    const events = await ask(model, request("one", "mine"));
    expect(events.slice(-2)).toMatchObject([
      { event: { type: "exec-end", data: { status: "timeout" } } },
      { type: "finish" },
    ]);
    await expect.poll(() => engine.alive).toEqual([]);
  });

  it("should say why it could not start: no heartbeat, or its last words", async () => {
    const silent = make({ timeouts: { ...defaults.timeouts, start: 60 } }, { alive: () => false });
    await expect(ask(silent.model, request("one", "mine"))).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_START_FAILED",
      message: expect.stringContaining("no heartbeat"),
    });
    await expect.poll(() => silent.engine.alive).toEqual([]);
    const dying = make({}, { alive: () => false });
    const asked = ask(dying.model, request("one", "mine"));
    asked.catch(() => undefined);
    await dying.engine.started(1);
    await dying.engine.services[0]?.crash("first\nModuleNotFoundError: no module");
    await expect(asked).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_START_FAILED",
      message: expect.stringContaining("ModuleNotFoundError: no module"),
    });
  });
});
