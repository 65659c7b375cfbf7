import { describe, expect, it } from "vitest";
import { ask, connect, execOf, serve, textOf } from "./asking.ts";
import { activeLine, coded, complete, printed, said } from "./fake-lmc-server.ts";

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
});
