import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import type { FakeRun } from "./fake-host.ts";
import { refusedStatus, serveTransport, token } from "./websocket-kit.ts";

const idle = { run: () => {} };
const overloaded = { t: "error", code: "SLUICE_OVERLOADED", retryable: true, retryAfter: expect.any(Number) };

describe("limits of the websocket transport", () => {
  it("should refuse more runs at once than a client may have, and take one when another has ended", async () => {
    await using transport = await serveTransport(idle, { limits: { runs: 2 } });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    await socket.ask({ t: "open", id: "2", input: { text: "x" } });
    expect(await socket.ask({ t: "open", id: "3", input: { text: "x" } })).toMatchObject(overloaded);
    socket.send({ t: "open", id: "1", input: { text: "x" } });
    expect((await socket.count("opened", 3)).map(({ run }) => run)).toEqual(["run-1", "run-2", "run-1"]);
    transport.host.all.get("run-1")?.end();
    await socket.ended();
    expect(await socket.ask({ t: "open", id: "4", input: { text: "x" } })).toMatchObject({ t: "opened" });
    const other = await transport.connect({ client: "b" });
    expect(await other.ask({ t: "open", id: "1", input: { text: "x" } })).toMatchObject({ t: "opened" });
  });

  it("should answer a run that the host refuses with why, and never with opened", async () => {
    const refusing = {
      run: (run: FakeRun) => {
        run.refusal = new SluiceError("SLUICE_USAGE", "a cell of a session has no arguments");
      },
    };
    await using transport = await serveTransport(refusing);
    const socket = await transport.connect({ client: "a" });
    for (const id of ["1", "2", "1"]) {
      const answer = await socket.ask({ t: "open", id, input: { code: "1", args: ["a"] }, session: "s" });
      expect(answer).toMatchObject({ t: "error", re: id, code: "SLUICE_USAGE" });
    }
  });

  it("should bound what all clients of one token have together: they name themselves", async () => {
    await using transport = await serveTransport(idle, { limits: { runs: 2 } });
    const said: unknown[] = [];
    const first = await transport.connect({ client: "name-0" });
    for (let client = 0; client < 6; client += 1) {
      const socket = client === 0 ? first : await transport.connect({ client: `name-${client}` });
      for (const id of ["1", "2"]) said.push(await socket.ask({ t: "open", id, input: { text: "x" } }));
    }
    expect(said.filter((answer) => (answer as { t: string }).t === "opened")).toHaveLength(8);
    expect(said.slice(8)).toEqual(Array(4).fill(expect.objectContaining(overloaded)));
    transport.host.all.get("run-1")?.end();
    await first.ended();
    const late = await transport.connect({ client: "late" });
    expect(await late.ask({ t: "open", id: "1", input: { text: "x" } })).toMatchObject({ t: "opened" });
  });

  it("should leave sockets to other tokens, whatever names the clients of one take", async () => {
    const other = "other-token-0123456789";
    const tokens = [{ name: "other", role: "run" as const, token: other }];
    await using transport = await serveTransport(idle, { tokens, limits: { connections: 1, sockets: 8 } });
    for (let client = 0; client < 4; client += 1) await transport.connect({ client: `name-${client}` });
    const fifth = await transport.connect();
    fifth.send({ t: "hello", client: "name-5", token });
    expect(await fifth.next("error")).toMatchObject(overloaded);
    const own = await transport.connect();
    own.send({ t: "hello", client: "x", token: other });
    expect(await own.next("welcome")).toMatchObject({ t: "welcome" });
  });

  it("should stay alive under a burst of 10,000 opens, and say overloaded", async () => {
    await using transport = await serveTransport(idle, { limits: { runs: 10, frames: 1000 } });
    const socket = await transport.connect({ client: "a" });
    for (let id = 0; id < 10_000; id += 1) socket.send({ t: "open", id: String(id), input: { text: "x" } });
    expect(await socket.answer("9999")).toMatchObject(overloaded);
    expect(transport.host.all.size).toBe(10);
    const other = await transport.connect({ client: "b" });
    expect(await other.ask({ t: "open", id: "1", input: { text: "x" } })).toMatchObject({ t: "opened" });
  });

  it("should refuse more sessions than a client may have", async () => {
    await using transport = await serveTransport(idle, { limits: { sessions: 1 } });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" }, session: "one" });
    expect(await socket.ask({ t: "open", id: "2", input: { text: "x" }, session: "two" })).toMatchObject(overloaded);
    await socket.ask({ t: "call", id: "3", method: "sessions.close", params: { session: "one" } });
    const again = await socket.ask({ t: "open", id: "4", input: { text: "x" }, session: "two" });
    expect(again).toMatchObject({ t: "opened", session: "two" });
  });

  it("should refuse more connections than a client, and more sockets than the transport, may have", async () => {
    await using transport = await serveTransport(idle, { limits: { connections: 1, sockets: 2 } });
    await transport.connect({ client: "a" });
    const second = await transport.connect();
    second.send({ t: "hello", client: "a", token });
    expect(await second.next("error")).toMatchObject(overloaded);
    expect((await second.closed).code).toBe(4429);
    await transport.connect({ client: "b" });
    expect(await refusedStatus(transport.url)).toBe(503);
  });
});

describe("what becomes of runs whose client is gone", () => {
  it("should cancel at once those opened with onDisconnect cancel, and no other", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" }, onDisconnect: "cancel" });
    await socket.ask({ t: "open", id: "2", input: { text: "x" } });
    socket.socket.terminate();
    expect((await transport.host.all.get("run-1")?.done)?.data.status).toBe("cancelled");
    expect(transport.host.all.get("run-2")?.ended).toBe(false);
  });

  it("should cancel the others when the detach time is over", async () => {
    await using transport = await serveTransport(idle, { detach: 20 });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    socket.socket.terminate();
    expect((await transport.host.all.get("run-1")?.done)?.data.status).toBe("cancelled");
  });

  it("should let a run go on whose client came back in time", async () => {
    await using transport = await serveTransport(idle, { detach: 200 });
    const first = await transport.connect({ client: "a" });
    await first.ask({ t: "open", id: "1", input: { text: "x" } });
    first.socket.terminate();
    const left = await transport.connect({ client: "b" });
    await left.ask({ t: "open", id: "1", input: { text: "x" } });
    const second = await transport.connect({ client: "a", hello: { resume: [{ run: "run-1", after: 0 }] } });
    await second.count("event", 1);
    left.socket.terminate();
    await transport.host.all.get("run-2")?.done;
    expect(transport.host.all.get("run-1")?.ended).toBe(false);
  });

  it("should send clients away with 1001 when the host drains, after runs that end in time", async () => {
    await using transport = await serveTransport(idle, { drain: 10_000 });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    const drained = transport.transport.drain(new AbortController().signal);
    expect(await socket.ask({ t: "open", id: "2", input: { text: "x" } })).toMatchObject({
      code: "SLUICE_HOST_STOPPING",
      retryable: true,
    });
    expect(await refusedStatus(transport.url)).toBe(503);
    transport.host.all.get("run-1")?.end();
    await drained;
    expect((await socket.closed).code).toBe(1001);
    await socket.ended();
  });

  it("should not wait longer than it may for runs that go on, and cancel none of them", async () => {
    await using transport = await serveTransport(idle, { drain: 20 });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" }, onDisconnect: "cancel" });
    await transport.transport.drain(new AbortController().signal);
    expect((await socket.closed).code).toBe(1001);
    await transport[Symbol.asyncDispose]();
    expect(transport.host.all.get("run-1")?.ended).toBe(false);
  });

  it("should send beats, and end a peer that answers no ping", async () => {
    await using transport = await serveTransport(idle, { heartbeat: 20 });
    const socket = await transport.connect({ client: "a", autoPong: false });
    expect(await socket.next("beat")).toMatchObject({ runs: 0, buffered: 0, time: expect.any(String) });
    expect((await socket.closed).code).toBe(1006);
    await expect.poll(() => transport.connections).toEqual(["open", "closed"]);
  });
});
