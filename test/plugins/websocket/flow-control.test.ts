import { describe, expect, it } from "vitest";
import type { FakeRun } from "./fake-host.ts";
import { serveDoor, type TestSocket } from "./harness.ts";

const many = (count: number, text: string) => (run: FakeRun) => {
  for (let index = 0; index < count; index += 1) run.text(text);
  run.end();
};

/** Answers come after everything that was sent before: when it is there, no further event was. */
async function settled(socket: TestSocket, id: string): Promise<void> {
  await socket.ask({ t: "call", id, method: "status" });
}

describe("flow control of the websocket door", () => {
  it("should send 256 events, and as many more as credit allows", async () => {
    await using door = await serveDoor({ run: many(1000, "x") });
    const socket = await door.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    await socket.count("event", 256);
    await settled(socket, "2");
    expect(socket.events().length).toBe(256);
    socket.send({ t: "credit", run: "run-1", n: 100 });
    await socket.count("event", 356);
    await settled(socket, "3");
    expect(socket.events().length).toBe(356);
    socket.send({ t: "credit", run: "run-1", n: 5000 });
    await socket.ended();
    expect(socket.events().map(({ seq }) => seq)).toEqual(Array.from({ length: 1002 }, (_, index) => index + 1));
  });

  it("should stop at 256 KiB under way", async () => {
    await using door = await serveDoor({ run: many(100, "x".repeat(60_000)) });
    const socket = await door.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" } });
    await socket.count("event", 6);
    await settled(socket, "2");
    expect(socket.events().length).toBe(6);
  });

  it("should not let a follower without credit slow another one, or the run", async () => {
    await using door = await serveDoor({ run: many(2000, "x") });
    const stuck = await door.connect({ client: "a" });
    await stuck.ask({ t: "open", id: "1", input: { text: "x" } });
    const swift = await door.connect({ client: "b" });
    await swift.ask({ t: "follow", id: "1", run: "run-1" });
    swift.send({ t: "credit", run: "run-1", n: 5000 });
    await swift.ended();
    expect(stuck.events().length).toBe(256);
  });

  it("should hold a bounded amount for a frozen socket, and close it with 4508", async () => {
    await using door = await serveDoor({ run: many(4000, "x".repeat(10_000)) }, { stall: 100 });
    const frozen = await door.connect({ client: "a" });
    await frozen.ask({ t: "open", id: "1", input: { text: "x" } });
    frozen.socket.pause();
    frozen.send({ t: "credit", run: "run-1", n: 60_000 });
    const swift = await door.connect({ client: "b" });
    await swift.ask({ t: "follow", id: "1", run: "run-1" });
    swift.send({ t: "credit", run: "run-1", n: 60_000 });
    await swift.ended();
    await expect.poll(() => door.connections.filter((status) => status === "closed").length).toBe(1);
    frozen.socket.resume();
    await frozen.closed;
    expect(frozen.events().length).toBeLessThan(4002);
    expect(frozen.events().map(({ seq }) => seq)).toEqual(frozen.events().map((_, index) => index + 1));
  });

  it("should serve a thousand followers of one run while one of them is frozen", async () => {
    await using door = await serveDoor({ run: () => {} });
    const owner = await door.connect({ client: "owner" });
    await owner.ask({ t: "open", id: "1", input: { text: "x" } });
    const followers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => door.connect({ client: `f${index}` })),
    );
    await Promise.all(followers.map((socket) => socket.ask({ t: "follow", id: "1", run: "run-1" })));
    followers[0]?.socket.pause();
    for (let index = 0; index < 50; index += 1) door.host.all.get("run-1")?.text("x");
    door.host.all.get("run-1")?.end();
    await Promise.all(followers.slice(1).map((socket) => socket.ended()));
    for (const socket of followers.slice(1)) expect(socket.events().length).toBe(52);
    for (const socket of followers) socket.socket.terminate();
  });
});
