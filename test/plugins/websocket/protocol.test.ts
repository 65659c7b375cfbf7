import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serveDoor } from "./harness.ts";

const idle = { run: () => {} };
const deep = (levels: number) =>
  `{"t":"call","id":"d","method":"m","params":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`;

describe("the protocol of the websocket door", () => {
  it("should close with 4408 when no hello comes in time", async () => {
    await using door = await serveDoor(idle, { helloTimeout: 30 });
    const socket = await door.connect();
    expect(await socket.closed).toMatchObject({ code: 4408 });
    expect(socket.frames).toEqual([]);
  });

  it("should answer what is no frame with an error, and close with 4400 after five", async () => {
    await using door = await serveDoor(idle);
    const socket = await door.connect({ client: "a" });
    for (const text of ["{", "5", "null", '{"t":"nonsense","id":"n"}']) socket.socket.send(text);
    expect(await socket.answer("n")).toMatchObject({ t: "error", code: "SLUICE_WIRE_PROTOCOL" });
    expect((await socket.ask({ t: "call", id: "1", method: "status" })).t).toBe("result");
    socket.socket.send(Buffer.from([1, 2, 3]), { binary: true });
    expect((await socket.closed).code).toBe(4400);
    expect(socket.frames.filter(({ t }) => t === "error").length).toBe(5);
  });

  it("should count a second hello as a violation", async () => {
    await using door = await serveDoor(idle);
    const socket = await door.connect({ client: "a" });
    socket.send({ t: "hello", id: "2", client: "b" });
    expect(await socket.answer("2")).toMatchObject({ code: "SLUICE_WIRE_PROTOCOL" });
  });

  it("should refuse JSON that is too deep, at any depth", async () => {
    await using door = await serveDoor(idle);
    const socket = await door.connect({ client: "a" });
    for (const levels of [64, 1000, 400_000]) socket.socket.send(deep(levels));
    await socket.count("error", 3);
    expect((await socket.ask({ t: "call", id: "1", method: "status" })).t).toBe("result");
  });

  it("should close with 1009 for a frame over 1 MiB", async () => {
    await using door = await serveDoor(idle);
    const socket = await door.connect({ client: "a" });
    socket.send({ t: "call", id: "1", method: "status", params: { x: "x".repeat(1024 * 1024) } });
    expect((await socket.closed).code).toBe(1009);
  });

  it("should close with 1002 for a subprotocol that nobody serves, or none", async () => {
    await using door = await serveDoor(idle);
    for (const protocols of [[], ["sluice.v9"]]) {
      const { WebSocket } = await import("ws");
      const socket = new WebSocket(door.url, protocols);
      const code = await new Promise((resolve) => {
        socket.on("error", ({ message }) => resolve(message));
        socket.on("close", resolve);
      });
      expect(code).toBe(protocols.length === 0 ? 1002 : "Server sent no subprotocol");
    }
  });

  it("should bear frames of every malformed kind and serve the next client", async () => {
    await using door = await serveDoor(idle);
    const types = [
      "hello",
      "open",
      "follow",
      "unfollow",
      "input",
      "cancel",
      "interrupt",
      "credit",
      "call",
      "",
      "__proto__",
    ];
    const almost = fc.record(
      {
        t: fc.oneof(fc.constantFrom(...types), fc.anything()),
        id: fc.anything(),
        run: fc.anything(),
        input: fc.anything(),
        after: fc.anything(),
        n: fc.anything(),
        method: fc.oneof(fc.constantFrom("status", "runs.list", "files.get", "constructor", "toString"), fc.string()),
        params: fc.anything(),
      },
      { requiredKeys: ["t"] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      almost.map((frame) => safeJson(frame)),
    );
    const data = fc.oneof(text, fc.uint8Array({ maxLength: 200 }));
    await fc.assert(
      fc.asyncProperty(fc.array(data, { minLength: 20, maxLength: 40 }), fc.boolean(), async (frames, hello) => {
        const socket = await door.connect(hello ? { client: "fuzz" } : {});
        for (const frame of frames) socket.socket.send(frame);
        socket.close();
        const { code } = await socket.closed;
        expect([1005, 4400, 4401]).toContain(code);
        const kinds = new Set(socket.frames.map(({ t }) => t));
        for (const kind of kinds) expect(["welcome", "error", "result"]).toContain(kind);
      }),
      { numRuns: 70 },
    );
    const socket = await door.connect({ client: "after" });
    expect((await socket.ask({ t: "open", id: "1", input: { text: "x" } })).t).toBe("opened");
  });
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "";
  } catch {
    return "[circular]";
  }
}
