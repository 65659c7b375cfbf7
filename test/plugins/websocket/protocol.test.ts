import { describe, expect, it } from "vitest";
import { serveTransport } from "./websocket-kit.ts";

const idle = { run: () => {} };
const deep = (levels: number) =>
  `{"t":"call","id":"d","method":"m","params":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`;

describe("the protocol of the websocket transport", () => {
  it("should close with 4408 when no hello comes in time", async () => {
    await using transport = await serveTransport(idle, { helloTimeout: 30 });
    const socket = await transport.connect();
    expect(await socket.closed).toMatchObject({ code: 4408 });
    expect(socket.frames).toEqual([]);
  });

  it("should answer what is no frame with an error, and close with 4400 after five", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    for (const text of ["{", "5", "null", '{"t":"nonsense","id":"n"}']) socket.socket.send(text);
    expect(await socket.answer("n")).toMatchObject({ t: "error", code: "SLUICE_WIRE_PROTOCOL" });
    expect((await socket.ask({ t: "call", id: "1", method: "status" })).t).toBe("result");
    socket.socket.send(Buffer.from([1, 2, 3]), { binary: true });
    expect((await socket.closed).code).toBe(4400);
    expect(socket.frames.filter(({ t }) => t === "error").length).toBe(5);
  });

  it("should count a second hello as a violation", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    socket.send({ t: "hello", id: "2", client: "b" });
    expect(await socket.answer("2")).toMatchObject({ code: "SLUICE_WIRE_PROTOCOL" });
  });

  it("should refuse JSON that is too deep, at any depth", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    for (const levels of [64, 1000, 400_000]) socket.socket.send(deep(levels));
    await socket.count("error", 3);
    expect((await socket.ask({ t: "call", id: "1", method: "status" })).t).toBe("result");
  });

  it("should close with 1009 for a frame over 1 MiB", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    socket.send({ t: "call", id: "1", method: "status", params: { x: "x".repeat(1024 * 1024) } });
    expect((await socket.closed).code).toBe(1009);
  });

  it("should close with 1002 for a subprotocol that nobody serves, or none", async () => {
    await using transport = await serveTransport(idle);
    for (const protocols of [[], ["sluice.v9"]]) {
      const { WebSocket } = await import("ws");
      const socket = new WebSocket(transport.url, protocols);
      const code = await new Promise((resolve) => {
        socket.on("error", ({ message }) => resolve(message));
        socket.on("close", resolve);
      });
      expect(code).toBe(protocols.length === 0 ? 1002 : "Server sent no subprotocol");
    }
  });
});
