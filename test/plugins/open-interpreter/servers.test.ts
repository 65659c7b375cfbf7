import { describe, expect, it } from "vitest";
import { complete, said, type Talk } from "../../core/kit/lmc/fake-lmc-server.ts";
import { ask, echo, MIB, make, request, textOf } from "./open-interpreter-kit.ts";

describe("a server", () => {
  it("should be started with limits, a key of its own, and nothing of the model's", async () => {
    const { engine, model } = make({ network: "models" }, { answer: echo });
    await ask(model, request("one", "mine"));
    await ask(model, request("one", "yours"));
    const [first, second] = engine.services.map(({ spec }) => spec);
    expect(first).toMatchObject({
      instance: "oi",
      session: "mine",
      command: ["interpreter", "--server"],
      port: 8000,
      cpus: 2,
      memory: 1024 * MIB,
      pids: 200,
      network: "models",
      image: { release: "bookworm", dockerfile: expect.stringContaining("requirements.txt") },
    });
    const keys = [first, second].map((spec) => spec?.env["INTERPRETER_API_KEY"] ?? "");
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]?.length).toBeGreaterThan(40);
    expect(JSON.stringify(first?.env)).not.toContain("key-for-tests");
  });

  it("should serve its session alone, and that one for as long as it lives", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one", "mine"));
    await ask(model, request("two", "mine"));
    await ask(model, request("one", "yours"));
    expect(engine.services.map(({ spec, server }) => [spec.session, server.settings.length])).toEqual([
      ["mine", 2],
      ["yours", 1],
    ]);
  });

  it("should be gone after an answer that belongs to no session", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one"));
    await expect.poll(() => engine.alive).toEqual([]);
  });

  it("should answer one message of its session after the other", async () => {
    const talks: Talk[] = [];
    const { model } = make({}, { answer: (talk) => void talks.push(talk) });
    const first = ask(model, request("one", "mine"));
    const second = ask(model, request("two", "mine"));
    await expect.poll(() => talks.length).toBe(1);
    talks[0]?.send(said("first"), complete);
    await first;
    await expect.poll(() => talks.length).toBe(2);
    talks[1]?.send(said("second"), complete);
    expect([textOf(await first), textOf(await second)]).toEqual(["first", "second"]);
  });

  it("should give way to another session when it was idle longest, and not while it answers", async () => {
    const talks: Talk[] = [];
    const { engine, model } = make({ sessions: 2 }, { answer: (talk) => void talks.push(talk) });
    const end = (index: number) => talks[index]?.send(said("x"), complete);
    const one = ask(model, request("1", "one"));
    await expect.poll(() => talks.length).toBe(1);
    const two = ask(model, request("2", "two"));
    await expect.poll(() => talks.length).toBe(2);
    await expect(ask(model, request("3", "three"))).rejects.toMatchObject({ code: "SLUICE_OVERLOADED" });
    end(0);
    await one;
    const three = ask(model, request("3", "three"));
    await expect.poll(() => talks.length).toBe(3);
    await expect.poll(() => engine.alive.map(({ spec }) => spec.session)).toEqual(["two", "three"]);
    end(1);
    end(2);
    await Promise.all([two, three]);
  });

  it("should be removed when its session was idle for too long", async () => {
    const { engine, model } = make({ idle: 30 }, { answer: echo });
    await ask(model, request("one", "mine"));
    await expect.poll(() => engine.alive).toEqual([]);
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
  });
});
