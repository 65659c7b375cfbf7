import { describe, expect, it } from "vitest";
import { ask, connect, execOf, serve } from "./asking.ts";
import { activeLine, coded, complete, failed, printed, said } from "./fake-lmc-server.ts";

describe("an answer", () => {
  it.each([
    ["litellm.AuthenticationError: bad key", "SLUICE_MODEL_AUTH"],
    ["litellm.RateLimitError: slow down", "SLUICE_MODEL_RATE_LIMIT"],
    ["litellm.APIConnectionError: no route", "SLUICE_MODEL_UNREACHABLE"],
    ["litellm.Timeout: too slow", "SLUICE_MODEL_TIMEOUT"],
    ["litellm.ContextWindowExceededError: too long", "SLUICE_MODEL_CONTEXT"],
    ["litellm.NotFoundError: no such model", "SLUICE_MODEL_REQUEST"],
    ["KeyError: 'choices'", "SLUICE_MODEL_OVERLOADED"],
  ])("should fail with the last line of the server's traceback: %s", async (line, code) => {
    const server = await serve({
      answer: ({ send }) => send(failed(`Traceback (most recent call last):\n  File "x.py"\n${line}\n`), complete),
    });
    await expect(ask(await connect(server)).answer).rejects.toMatchObject({
      code,
      message: `there: the server failed: ${line}`,
    });
  });

  it("should fail when the connection breaks, with its program lost", async () => {
    const server = await serve({
      answer: ({ socket, send }) => {
        send(coded("while True: pass"), activeLine(1));
        setTimeout(() => socket.terminate(), 20);
      },
    });
    const { events, answer } = ask(await connect(server));
    await expect(answer).rejects.toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
    expect(execOf(events).at(-1)).toMatchObject({ type: "exec-end", data: { status: "lost", exitCode: null } });
  });

  it("should rather say that the server is gone than that its connection is", async () => {
    const gone = new AbortController();
    const server = await serve({
      answer: ({ socket }) => {
        socket.terminate();
        setTimeout(() => gone.abort(new Error("the server is gone")), 50);
      },
    });
    await expect(ask(await connect(server), { gone: gone.signal }).answer).rejects.toThrow("the server is gone");
  });

  it("should fail when asked over a connection that broke before", async () => {
    const server = await serve({});
    const connection = await connect(server);
    server.drop();
    await expect.poll(() => connection.alive).toBe(false);
    await expect(ask(connection).answer).rejects.toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should time out when a short answer never comes", async () => {
    const server = await serve({});
    await expect(ask(await connect(server), { firstChunk: 40 }).answer).rejects.toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("no answer began"),
    });
  });

  it("should time out when it stops in the middle, and in all", async () => {
    const server = await serve({ answer: ({ send }) => send(said("well")) });
    await expect(ask(await connect(server), { idle: 40 }).answer).rejects.toMatchObject({
      message: expect.stringContaining("no further chunk"),
    });
    await expect(ask(await connect(server), { total: 40 }).answer).rejects.toMatchObject({
      message: expect.stringContaining("no complete answer"),
    });
  });

  it("should bound a program that prints for ever, which is no failure of the model", async () => {
    let printing: NodeJS.Timeout | undefined;
    const server = await serve({
      answer: ({ send }) => {
        send(coded("while True: print(1)"), activeLine(1));
        printing = setInterval(() => send(printed("1\n")), 5);
      },
    });
    const { events, answer } = ask(await connect(server), { execution: 100 });
    expect(await answer).toMatchObject({ timedOut: true });
    clearInterval(printing);
    expect(execOf(events).at(-1)).toMatchObject({ type: "exec-end", data: { status: "timeout", stateLost: true } });
  });

  it("should be stopped by the caller, its program killed", async () => {
    const stop = new AbortController();
    const server = await serve({
      answer: ({ send }) => {
        send(coded("1"), activeLine(1));
        setTimeout(() => stop.abort(new Error("enough")), 20);
      },
    });
    const { events, answer } = ask(await connect(server), { signal: stop.signal });
    await expect(answer).rejects.toThrow("enough");
    expect(execOf(events).at(-1)).toMatchObject({ type: "exec-end", data: { status: "killed" } });
  });

  it("should be able to ask the server to stop, which answers nothing", async () => {
    const server = await serve({});
    const connection = await connect(server);
    connection.stop();
    await expect.poll(() => server.received.length).toBe(4);
    expect(server.received.slice(1)).toEqual([
      { role: "user", type: "command", start: true },
      { role: "user", type: "command", content: "stop" },
      { role: "user", type: "command", end: true },
    ]);
  });
});
