import { afterEach, describe, expect, it } from "vitest";
import { type Answer, ask, chunk, collect, done, speak, sse, usageChunk } from "../../core/kit/upstream/upstream.ts";
import { closeAll, serve } from "./serve.ts";

afterEach(closeAll);

describe("llm-openai-compatible: streams that go wrong", () => {
  it("should try again when an error is all that the stream holds", async () => {
    const failing: Answer = (response) => {
      sse(response).end(`data: ${JSON.stringify({ error: { message: "overloaded", type: "overloaded_error" } })}\n\n`);
    };
    const { upstream, model } = await serve({}, failing, speak("second"));
    expect(await collect(model)).toMatchObject({ text: "second" });
    expect(upstream.bodies).toHaveLength(2);
  });

  it("should not try again once text was passed on", async () => {
    const failing: Answer = (response) => {
      sse(response).end(`${chunk({ content: "begun" })}data: ${JSON.stringify({ error: { message: "oops" } })}\n\n`);
    };
    const { upstream, model } = await serve({}, failing, speak("never"));
    expect(await collect(model)).toMatchObject({ text: "begun", error: { code: "SLUICE_MODEL_OVERLOADED" } });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should call an end without a finish incomplete, after text and before it", async () => {
    const { model } = await serve({ retry: { attempts: 1, backoff: 1, longest: 1 } }, (response) => {
      sse(response).end(chunk({ content: "half" }));
    });
    const { text, error, events } = await collect(model);
    expect({ text, error }).toMatchObject({ text: "half", error: { code: "SLUICE_MODEL_INCOMPLETE" } });
    expect(events.some((event) => event.type === "finish")).toBe(false);
    const { model: silent } = await serve({ retry: { attempts: 1, backoff: 1, longest: 1 } }, (response) => {
      sse(response).end();
    });
    expect((await collect(silent)).error).toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should call a connection that is cut in the middle incomplete", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).write(chunk({ content: "half" }), () => response.destroy());
    });
    expect(await collect(model)).toMatchObject({ text: "half", error: { code: "SLUICE_MODEL_INCOMPLETE" } });
  });

  it("should call broken JSON and pages of HTML malformed", async () => {
    const once = { retry: { attempts: 1, backoff: 1, longest: 1 } };
    const { model } = await serve(once, (response) => {
      sse(response).end(`data: {"choices": [\n\n`);
    });
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
    const { model: page } = await serve(once, (response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
    });
    expect((await collect(page)).error).toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
  });

  it("should bear one byte at a time, characters split in the middle included", async () => {
    const { model } = await serve({}, async (response) => {
      sse(response);
      const bytes = Buffer.from(`${chunk({ content: "naïve 😀 日本" })}${chunk({}, "stop")}${usageChunk}${done}`);
      for (const byte of bytes) await new Promise<void>((resolve) => response.write(Buffer.of(byte), () => resolve()));
      response.end();
    });
    expect(await collect(model)).toMatchObject({ text: "naïve 😀 日本" });
  });

  it("should bear a delta of 2 MB", async () => {
    const large = "0123456789abcdef".repeat(131_072);
    const { model } = await serve({}, speak(large));
    expect((await collect(model)).text).toBe(large);
  });

  it("should estimate the usage that a provider does not tell", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).end(`${chunk({ content: "12345678" })}${chunk({}, "stop")}${done}`);
    });
    const { events } = await collect(model, ask("x".repeat(31)));
    expect(events.at(-1)).toEqual({
      type: "finish",
      reason: "stop",
      usage: { inputTokens: 10, outputTokens: 2, estimated: true },
    });
  });

  it.each([
    ["length", "length"],
    ["content_filter", "filter"],
  ])("should tell that an answer ended by %s", async (told, reason) => {
    const { model } = await serve({}, (response) => {
      sse(response).end(`${chunk({ content: "x" })}${chunk({}, told)}${done}`);
    });
    expect((await collect(model)).events.at(-1)).toMatchObject({ type: "finish", reason });
  });

  it("should stream reasoning apart from text", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).end(`${chunk({ reasoning_content: "hm" })}${chunk({ content: "yes" })}${chunk({}, "stop")}${done}`);
    });
    expect((await collect(model)).events.slice(0, 2)).toEqual([
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "yes" },
    ]);
  });
});

describe("llm-openai-compatible: tool calls", () => {
  const call = (argumentsDelta: string, first = false) =>
    chunk({
      tool_calls: [
        {
          index: 0,
          ...(first ? { id: "call_1", type: "function" } : {}),
          function: { ...(first ? { name: "execute" } : {}), arguments: argumentsDelta },
        },
      ],
    });

  it("should stream the program out of arguments that come byte by byte", async () => {
    const program = 'print("zwölf\\n" + \'\t{"a": [1]}\')\n';
    const json = JSON.stringify({ language: "python", code: program });
    const { upstream, model } = await serve({ tools: "auto" }, (response) => {
      const pieces = [...json].map((piece) => call(piece));
      sse(response).end([call("", true), ...pieces, chunk({}, "tool_calls"), done].join(""));
    });
    const { events } = await collect(model);
    const code = events.filter((event) => event.type === "code-delta");
    expect(code.map((event) => event.text).join("")).toBe(program);
    expect(code.length).toBeGreaterThan(5);
    expect(code[0]).toMatchObject({ language: "python", index: 0 });
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "tool" });
    expect(upstream.bodies[0]?.["tools"]).toMatchObject([{ type: "function", function: { name: "execute" } }]);
  });

  it("should take arguments that come in one piece, code first", async () => {
    const { model } = await serve({ tools: "auto" }, (response) => {
      const json = JSON.stringify({ code: "ls -l", language: "bash" });
      sse(response).end([call(json, true).replace('"arguments":""', ""), chunk({}, "tool_calls"), done].join(""));
    });
    expect((await collect(model)).events[0]).toEqual({ type: "code-delta", language: "bash", text: "ls -l", index: 0 });
  });

  it("should offer no tool where none is wanted", async () => {
    const { upstream, model } = await serve({ tools: "auto" }, speak("hi"));
    await collect(model, { ...ask("Hello"), codeWanted: false });
    expect(upstream.bodies[0]).not.toHaveProperty("tools");
  });
});
