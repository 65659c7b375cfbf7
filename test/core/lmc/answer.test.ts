import { afterEach, describe, expect, it } from "vitest";
import type { ModelEvent } from "../../../core/contract/model.ts";
import { type LmcAnswer, type LmcTimeouts, lmcAnswer } from "../../../core/lmc/answer.ts";
import { LmcConnection } from "../../../core/lmc/connection.ts";
import {
  activeLine,
  coded,
  complete,
  type FakeLmcOptions,
  type FakeLmcServer,
  failed,
  printed,
  said,
  startFakeLmc,
} from "./fake-lmc-server.ts";

const timeouts: LmcTimeouts = { firstChunk: 10_000, idle: 10_000, execution: 10_000, total: 10_000 };
const open: (AsyncDisposable | LmcConnection)[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) {
    if (each instanceof LmcConnection) each.close();
    else await each[Symbol.asyncDispose]();
  }
});

async function serve(options: FakeLmcOptions): Promise<FakeLmcServer> {
  const server = await startFakeLmc(options);
  open.push(server);
  return server;
}

async function connect(server: FakeLmcServer, key?: string, timeout = 5000): Promise<LmcConnection> {
  const connection = await LmcConnection.open(
    { url: server.url, source: "there", timeout, ...(key === undefined ? {} : { key }) },
    new AbortController().signal,
  );
  open.push(connection);
  return connection;
}

interface Heard {
  readonly events: ModelEvent[];
  readonly answer: Promise<LmcAnswer>;
}

function ask(
  connection: LmcConnection,
  options: Partial<LmcTimeouts> & { mayBeEmpty?: boolean; signal?: AbortSignal; gone?: AbortSignal } = {},
): Heard {
  const events: ModelEvent[] = [];
  const { mayBeEmpty = false, signal = new AbortController().signal, gone, ...changed } = options;
  const answer = lmcAnswer(
    connection,
    "hello",
    {
      source: "there",
      timeouts: { ...timeouts, ...changed },
      emit: (event) => events.push(event),
      mayBeEmpty,
      ...(gone === undefined ? {} : { gone }),
    },
    signal,
  );
  answer.catch(() => undefined);
  return { events, answer };
}

const textOf = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
const execOf = (events: readonly ModelEvent[]) =>
  events.flatMap((event) => (event.type === "exec" ? [event.event] : []));

describe("a connection", () => {
  it("should greet with the key, and be told when it is wrong", async () => {
    const server = await serve({ key: "right" });
    await connect(server, "right");
    expect(server.received[0]).toEqual({ auth: "right" });
    await expect(connect(server, "wrong")).rejects.toMatchObject({ code: "SLUICE_MODEL_AUTH" });
  });

  it("should send the greeting without a key as well", async () => {
    const server = await serve({});
    await connect(server);
    expect(server.received[0]).toEqual({ auth: "" });
  });

  it("should bear what comes before it is let in", async () => {
    const server = await serve({
      connected: (socket) => {
        socket.send(JSON.stringify(said("somebody else's")));
        socket.send(Buffer.from([1, 2, 3]));
        socket.send("no JSON");
        socket.send("5");
        socket.send("null");
        socket.send("[]");
        socket.send(JSON.stringify({ auth: true }));
      },
    });
    expect((await connect(server)).alive).toBe(true);
  });

  it("should say that nobody answers, that the server hangs, and what it was told to stop for", async () => {
    const server = await serve({ connected: () => undefined });
    await expect(connect(server, undefined, 50)).rejects.toMatchObject({ code: "SLUICE_MODEL_TIMEOUT" });
    const stopped = LmcConnection.open(
      { url: server.url, source: "there", timeout: 5000 },
      AbortSignal.abort(new Error("stop")),
    );
    await expect(stopped).rejects.toThrow("stop");
    const gone = await startFakeLmc();
    await gone[Symbol.asyncDispose]();
    await expect(connect(gone)).rejects.toMatchObject({ code: "SLUICE_MODEL_UNREACHABLE" });
  });
});

describe("an answer", () => {
  it("should be said in three frames and come as text, code and what it printed", async () => {
    const server = await serve({
      answer: ({ send }) =>
        send(
          { role: "assistant", type: "message", start: true },
          said("Let me "),
          said("see."),
          { role: "assistant", type: "message", end: true },
          { role: "assistant", type: "code", format: "python", start: true },
          coded("print("),
          coded("'é')"),
          { role: "assistant", type: "code", format: "python", end: true },
          { role: "computer", type: "console", start: true },
          activeLine(1),
          printed("é\n"),
          printed("x"),
          activeLine(null),
          { role: "computer", type: "console", end: true },
          said("Done."),
          complete,
        ),
    });
    const { events, answer } = ask(await connect(server));
    expect(await answer).toEqual({ characters: 26, timedOut: false });
    expect(server.received.slice(1)).toEqual([
      { role: "user", start: true },
      { role: "user", type: "message", content: "hello" },
      { role: "user", end: true },
    ]);
    expect(events).toEqual([
      { type: "text-delta", text: "Let me " },
      { type: "text-delta", text: "see." },
      { type: "code-delta", language: "python", text: "print(", index: 0 },
      { type: "code-delta", language: "python", text: "'é')", index: 0 },
      { type: "exec", event: { type: "exec-start", data: { language: "python", code: "print('é')" } } },
      { type: "exec", event: { type: "exec-stdout", data: { text: "é\n", offset: 0 } } },
      { type: "exec", event: { type: "exec-stdout", data: { text: "x", offset: 3 } } },
      { type: "exec", event: { type: "exec-end", data: expect.objectContaining({ status: "exited", exitCode: 0 }) } },
      { type: "text-delta", text: "Done." },
    ]);
  });

  it("should bear content without a start, and a start that comes after its content", async () => {
    const server = await serve({
      answer: ({ send }) =>
        send(
          said("one "),
          { role: "assistant", type: "message", start: true },
          said("two"),
          coded("1"),
          { role: "assistant", type: "code", format: "python", end: true },
          printed("1"),
          complete,
        ),
    });
    const { events, answer } = ask(await connect(server));
    await answer;
    expect(textOf(events)).toBe("one two");
    expect(execOf(events).map(({ type }) => type)).toEqual(["exec-start", "exec-stdout", "exec-end"]);
  });

  it("should bear frames that are sent again, and acknowledge each", async () => {
    const id = (frame: object, value: string) => ({ ...frame, id: value });
    const server = await serve({
      answer: ({ turn, send }) =>
        send(
          id(said(`answer ${turn}`), `a${turn}`),
          id(said(`answer ${turn}`), `a${turn}`),
          id(said(`answer ${turn}`), `a${turn}`),
          // Every `complete` has the id of the first one.
          id(complete, "c"),
          id(complete, "c"),
        ),
    });
    const connection = await connect(server);
    for (const turn of [0, 1, 2]) {
      const { events, answer } = ask(connection, { mayBeEmpty: true });
      await answer;
      expect(textOf(events)).toBe(`answer ${turn}`);
    }
    const acknowledged = server.received.filter((frame) => "ack" in frame).map((frame) => frame["ack"]);
    expect(acknowledged.slice(0, 4)).toEqual(["a0", "a0", "a0", "c"]);
  });

  it("should not take a former answer's complete for its own", async () => {
    const server = await serve({ answer: ({ send }) => send(complete, complete, said("here"), complete) });
    const { events, answer } = ask(await connect(server));
    await answer;
    expect(textOf(events)).toBe("here");
  });

  it("should be empty where answers may be", async () => {
    const server = await serve({ answer: ({ send }) => send(complete) });
    await expect(ask(await connect(server), { mayBeEmpty: true }).answer).resolves.toMatchObject({ characters: 0 });
  });

  it("should bear frames of every shape", async () => {
    const server = await serve({
      answer: ({ socket, send }) => {
        for (const text of ["", "{", "5", "null", "[]", '"text"', "{}", '{"foo":1}', '{"role":"user"}']) {
          socket.send(text);
        }
        socket.send(Buffer.from([0, 255]));
        send(
          { role: "assistant", type: "message", content: 5 },
          { role: "assistant", type: "code", format: 7, content: { a: 1 } },
          { role: "computer", type: "console", format: "output", content: null },
          { role: "computer", type: "unheard-of", content: [] },
          { role: "server", type: "status", content: "thinking" },
          { role: "assistant" },
          { auth: true },
          said("fine"),
          complete,
        );
      },
    });
    const { events, answer } = ask(await connect(server));
    await answer;
    expect(events).toEqual([{ type: "text-delta", text: "fine" }]);
  });

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
