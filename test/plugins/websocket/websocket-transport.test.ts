import { describe, expect, it } from "vitest";
import { refusedStatus, serveTransport, token } from "./websocket-kit.ts";

const hello = (text: string) => (run: { text(text: string): void; end(): void }) => {
  run.text(text);
  run.end();
};

const three = (run: { text(text: string): void }) => {
  for (const text of ["a", "b", "c"]) run.text(text);
};

describe("the websocket transport", () => {
  it("should welcome a client with what the host has and bears", async () => {
    await using transport = await serveTransport({ run: hello("hi") });
    const socket = await transport.connect({ client: "a" });
    const welcome = await socket.next("welcome");
    expect(welcome).toMatchObject({
      role: "configure",
      server: { name: "sluicebox", host: "fake" },
      limits: { frame: 1048576, window: 256, windowBytes: 262144, ackEvents: 64, ackBytes: 65536 },
      heartbeat: 15000,
      flows: [{ name: "run", takes: "text" }],
      models: [{ id: "fake", model: "fake-1" }],
    });
  });

  it("should answer open with opened and then every event of the journal, unchanged", async () => {
    await using transport = await serveTransport({ run: hello("hi") });
    const socket = await transport.connect({ client: "a" });
    socket.send({ t: "open", id: "1", flow: "run", input: { text: "x" } });
    await socket.ended();
    expect(socket.frames.map(({ t }) => t)).toEqual(["welcome", "opened", "event", "event", "event"]);
    expect(socket.events()).toEqual(transport.host.all.get("run-1")?.entries.map(({ event }) => event));
  });

  it("should start one run for an open that is repeated, on this connection and the next", async () => {
    await using transport = await serveTransport({ run: (run) => run.text("hi") });
    const first = await transport.connect({ client: "a" });
    const opened = await first.ask({ t: "open", id: "1", input: { text: "x" } });
    await first.ask({ t: "open", id: "1", input: { text: "x" } });
    first.socket.terminate();
    const second = await transport.connect({ client: "a" });
    const again = await second.ask({ t: "open", id: "1", input: { text: "x" }, after: 1 });
    expect(again["run"]).toBe(opened["run"]);
    expect(transport.host.all.size).toBe(1);
    await second.count("event", 1);
    expect(second.events().map(({ seq }) => seq)).toEqual([2]);
  });

  it("should tell apart what two clients open under one id", async () => {
    await using transport = await serveTransport({ run: () => {} });
    const [a, b] = [await transport.connect({ client: "a" }), await transport.connect({ client: "b" })];
    const first = await a.ask({ t: "open", id: "1", input: { text: "x" } });
    const second = await b.ask({ t: "open", id: "1", input: { text: "x" } });
    expect(first["run"]).not.toBe(second["run"]);
    transport.host.all.get("run-1")?.text("for a");
    transport.host.all.get("run-2")?.end();
    await b.ended();
    expect(b.events("run-1")).toEqual([]);
  });

  it("should pass on a program's variables, and refuse those that are no texts", async () => {
    await using transport = await serveTransport({ run: () => {} });
    const socket = await transport.connect({ client: "a" });
    const env = { GREETING: "hello", EMPTY: "" };
    await socket.ask({ t: "open", id: "1", input: { code: "x", env } });
    expect(transport.host.all.get("run-1")?.options.input).toMatchObject({ code: "x", env });
    const refused = await socket.ask({ t: "open", id: "2", input: { code: "x", env: { GREETING: 1 } } });
    expect(refused).toMatchObject({ t: "error", code: "SLUICE_WIRE_PROTOCOL" });
  });

  it("should let two followers read one run, each from where it wants", async () => {
    await using transport = await serveTransport({ run: three });
    const owner = await transport.connect({ client: "a" });
    await owner.ask({ t: "open", id: "1", input: { text: "x" } });
    const other = await transport.connect({ client: "b" });
    expect(await other.ask({ t: "follow", id: "f", run: "run-1", after: 2 })).toMatchObject({ t: "result", re: "f" });
    transport.host.all.get("run-1")?.end();
    await Promise.all([owner.ended(), other.ended()]);
    expect(owner.events().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(other.events().map(({ seq }) => seq)).toEqual([3, 4, 5]);
  });

  it("should resume by hello from after the last event seen", async () => {
    await using transport = await serveTransport({ run: (run) => run.text("one") });
    const first = await transport.connect({ client: "a" });
    await first.ask({ t: "open", id: "1", input: { text: "x" } });
    first.socket.terminate();
    transport.host.all.get("run-1")?.text("two");
    transport.host.all.get("run-1")?.end();
    const second = await transport.connect({ client: "a", hello: { resume: [{ run: "run-1", after: 2 }] } });
    await second.ended();
    expect(second.events().map(({ seq }) => seq)).toEqual([3, 4]);
  });

  it("should say a gap for events that are gone", async () => {
    await using transport = await serveTransport({ run: three });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" }, after: 4 });
    transport.host.forgotten = 3;
    await socket.ask({ t: "follow", id: "2", run: "run-1" });
    expect(await socket.next("gap")).toMatchObject({ run: "run-1", from: 1, to: 3, reason: "expired" });
    await socket.count("event", 1);
    expect(socket.events()[0]?.seq).toBe(4);
  });

  it("should send nothing of a run after unfollow, and let it go on", async () => {
    await using transport = await serveTransport({ run: () => {} });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    await socket.ask({ t: "unfollow", id: "2", run: "run-1" });
    transport.host.all.get("run-1")?.text("unseen");
    await socket.ask({ t: "call", id: "3", method: "status" });
    expect(socket.events().map(({ type }) => type)).toEqual(["run-start"]);
    expect(transport.host.all.get("run-1")?.ended).toBe(false);
  });

  it("should pass on cancel, interrupt and input, and answer each", async () => {
    await using transport = await serveTransport({ run: () => {} });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    const run = transport.host.all.get("run-1");
    expect(await socket.ask({ t: "input", id: "2", run: "run-1", kind: "stdin", text: "7\n" })).toMatchObject({
      t: "result",
      re: "2",
    });
    expect(run?.answers).toEqual([{ kind: "stdin", text: "7\n" }]);
    expect(await socket.ask({ t: "interrupt", id: "3", run: "run-1" })).toMatchObject({
      result: { interrupted: true },
    });
    await socket.ask({ t: "cancel", id: "4", run: "run-1", scope: "step" });
    await socket.ask({ t: "cancel", id: "5", run: "run-1" });
    expect(run?.cancels).toEqual(["step", "run"]);
    await socket.ended();
    expect(await socket.ask({ t: "cancel", id: "6", run: "run-9" })).toMatchObject({
      t: "error",
      code: "SLUICE_RUN_NOT_FOUND",
    });
  });

  it("should report connections as they open and close, and free the port", async () => {
    const transport = await serveTransport({ run: hello("hi") });
    const socket = await transport.connect({ client: "a" });
    expect(transport.connections).toEqual(["open"]);
    await transport[Symbol.asyncDispose]();
    expect((await socket.closed).code).toBe(1001);
    expect(transport.connections).toEqual(["open", "closed"]);
    await expect(refusedStatus(transport.url, { headers: { authorization: `Bearer ${token}` } })).rejects.toThrow();
  });
});
