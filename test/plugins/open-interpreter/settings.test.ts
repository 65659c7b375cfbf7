import { describe, expect, it } from "vitest";
import { ask, defaults, echo, make, request, textOf } from "./open-interpreter-kit.ts";

describe("the server's settings", () => {
  it("should be told before each message: the model, its place and the conversation", async () => {
    const { engine, model } = make({ temperature: 0.5, system: "Be brief.", contextWindow: 8000 }, { answer: echo });
    const events = await ask(model, {
      system: "",
      codeWanted: false,
      session: "mine",
      messages: [
        { role: "user", text: "one" },
        { role: "assistant", text: "two" },
        { role: "user", name: "other", text: "three" },
      ],
    });
    expect(textOf(events)).toBe("You said other: three.");
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop", usage: { estimated: true } });
    expect(engine.services[0]?.server.settings).toEqual([
      {
        llm: {
          model: "openai/scripted",
          api_key: "key-for-tests",
          api_base: "http://172.17.0.1:1/v1",
          temperature: 0.5,
          context_window: 8000,
          supports_functions: false,
          supports_vision: false,
        },
        auto_run: true,
        disable_telemetry: true,
        system_message: "Be brief.",
        messages: [
          { role: "user", type: "message", content: "one" },
          { role: "assistant", type: "message", content: "two" },
        ],
      },
    ]);
  });

  it("should follow the options that may change while it runs", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one", "mine"));
    model.reconfigure({ ...defaults, model: "openai/other", temperature: 1 });
    await ask(model, request("two", "mine"));
    expect(model.modelId).toBe("openai/other");
    expect(engine.services).toHaveLength(1);
    expect(engine.services[0]?.server.settings.at(-1)).toMatchObject({
      llm: { model: "openai/other", temperature: 1 },
    });
  });

  it("should fail the answer when the server refuses them with its 200", async () => {
    const { engine, model } = make({}, { settings: () => [{ error: "Setting llm not found" }, 404] });
    await expect(ask(model, request("one", "mine"))).rejects.toMatchObject({
      code: "SLUICE_MODEL_REQUEST",
      message: expect.stringContaining("Setting llm not found"),
    });
    await expect.poll(() => engine.alive).toEqual([]);
  });
});
