import { describe, expect, it } from "vitest";
import { protocol } from "../../../plugins/websocket/config.ts";
import { clientOf } from "../../core/client/client-kit.ts";
import type { FakeRun } from "./fake-host.ts";
import { serveTransport, type TestSocket } from "./websocket-kit.ts";

const many = (count: number, text: string) => (run: FakeRun) => {
  for (let index = 0; index < count; index += 1) run.text(text);
  run.end();
};

/** Answers come after everything that was sent before: when it is there, no further event was. */
async function settled(socket: TestSocket, id: string): Promise<void> {
  await socket.ask({ t: "call", id, method: "status" });
}

/** Acknowledges each event as it comes. */
function acknowledge(socket: TestSocket, run: string): void {
  socket.socket.on("message", (data) => {
    const { t, event } = JSON.parse(data.toString()) as { t: string; event?: { seq: number } };
    if (t === "event") socket.send({ t: "ack", run, seq: event?.seq });
  });
}

describe("flow control of the websocket transport", () => {
  it("should send 256 events beyond what was acknowledged, and ask for more", async () => {
    await using transport = await serveTransport({ run: many(1000, "x") });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    expect(await socket.next("ack-request")).toEqual({ t: "ack-request", run: "run-1", seq: 256 });
    await settled(socket, "2");
    expect(socket.events().length).toBe(256);
    socket.send({ t: "ack", run: "run-1", seq: 100 });
    await socket.next("ack-request", ({ seq }) => seq === 356);
    await settled(socket, "3");
    expect(socket.events().length).toBe(356);
    for (let seq = 64; !socket.events().some(({ type }) => type === "run-end"); seq += 64) {
      socket.send({ t: "ack", run: "run-1", seq: Math.min(seq, socket.events().length) });
      await settled(socket, `at ${seq}`);
    }
    expect(socket.events().map(({ seq }) => seq)).toEqual(Array.from({ length: 1002 }, (_, index) => index + 1));
  });

  it("should send no more than 256 KiB to a client that says that it has not read them yet", async () => {
    await using transport = await serveTransport({ run: many(100, "x".repeat(60_000)) });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    expect(await socket.next("ack-request")).toMatchObject({ seq: 5 });
    socket.send({ t: "ack", run: "run-1", seq: 0 });
    await new Promise((resolve) => setTimeout(resolve, protocol.patience + 200));
    await settled(socket, "2");
    expect(socket.events().length).toBe(5);
    expect(socket.frames.filter(({ t }) => t === "ack-request").length).toBe(1);
  });

  it("should let an event pass that is larger than the window, alone", async () => {
    await using transport = await serveTransport({ run: many(3, "x".repeat(300_000)) });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    for (const seq of [1, 2, 3, 4]) {
      await socket.next("ack-request", (frame) => frame["seq"] === seq);
      expect(socket.events().length).toBe(seq);
      socket.send({ t: "ack", run: "run-1", seq });
    }
    await socket.ended();
  });

  it("should take no acknowledgement for more than was sent", async () => {
    await using transport = await serveTransport({ run: many(1000, "x") });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    await socket.next("ack-request");
    socket.send({ t: "ack", run: "run-1", seq: 1_000_000 });
    await socket.next("ack-request", ({ seq }) => seq === 512);
    expect(socket.events().length).toBe(512);
  });

  it("should say to an older client what stands in place of its credit", async () => {
    await using transport = await serveTransport({ run: many(1, "x") });
    const socket = await transport.connect({ client: "a" });
    const error = await socket.ask({ t: "credit", id: "1", run: "run-1", n: 64 });
    expect(error).toMatchObject({
      t: "error",
      code: "SLUICE_WIRE_PROTOCOL",
      message: expect.stringContaining("ack {"),
    });
  });

  it("should send no event twice to a client that opens its run again, or twice at once", async () => {
    await using transport = await serveTransport({ run: many(600, "x") });
    const socket = await transport.connect({ client: "a" });
    const open = { t: "open", id: "1", input: { text: "x" } };
    socket.send(open);
    socket.send(open);
    await socket.next("ack-request", ({ seq }) => seq === 256);
    for (const seq of [256, 512]) {
      socket.send(open);
      socket.send({ t: "ack", run: "run-1", seq });
      if (seq === 256) await socket.next("ack-request", (frame) => frame["seq"] === 512);
    }
    await socket.ended();
    socket.send({ ...open, after: 0 });
    await settled(socket, "2");
    expect((await socket.count("opened", 5)).every(({ run }) => run === "run-1")).toBe(true);
    expect(socket.events().map(({ seq }) => seq)).toEqual(Array.from({ length: 602 }, (_, index) => index + 1));
  });

  it("should not let a follower that does not acknowledge slow another one, or the run", async () => {
    await using transport = await serveTransport({ run: many(2000, "x") });
    const stuck = await transport.connect({ client: "a" });
    await stuck.ask({ t: "open", id: "1", input: { text: "x" } });
    const swift = await transport.connect({ client: "b" });
    acknowledge(swift, "run-1");
    await swift.ask({ t: "follow", id: "1", run: "run-1" });
    await swift.ended();
    expect(stuck.events().length).toBe(256);
  });

  it("should close a frozen socket with 4508, and give the rest to whoever resumes", async () => {
    await using transport = await serveTransport({ run: many(3, "x".repeat(16_000_000)) }, { stall: 100 });
    const frozen = await transport.connect({ client: "a" });
    frozen.socket.pause();
    frozen.send({ t: "open", id: "1", input: { text: "x" } });
    const closed = () => transport.connections.filter((status) => status === "closed").length;
    await expect.poll(closed, { timeout: 20_000 }).toBe(1);
    expect(transport.host.all.get("run-1")?.ended).toBe(true);
    frozen.socket.resume();
    await frozen.closed;
    expect(frozen.events().length).toBeLessThan(2);
    await using client = clientOf(transport.url);
    const seqs: number[] = [];
    for await (const { seq } of client.follow("run-1", frozen.events().length)) seqs.push(seq);
    expect(seqs.at(-1)).toBe(5);
    expect(seqs.length).toBe(5 - frozen.events().length);
  });

  it("should serve a thousand followers of one run while one of them is frozen", async () => {
    await using transport = await serveTransport({ run: () => {} });
    const owner = await transport.connect({ client: "owner" });
    await owner.ask({ t: "open", id: "1", input: { text: "x" } });
    const followers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => transport.connect({ client: `f${index}` })),
    );
    await Promise.all(followers.map((socket) => socket.ask({ t: "follow", id: "1", run: "run-1" })));
    followers[0]?.socket.pause();
    for (let index = 0; index < 50; index += 1) transport.host.all.get("run-1")?.text("x");
    transport.host.all.get("run-1")?.end();
    await Promise.all(followers.slice(1).map((socket) => socket.ended()));
    for (const socket of followers.slice(1)) expect(socket.events().length).toBe(52);
    for (const socket of followers) socket.socket.terminate();
  });
});
