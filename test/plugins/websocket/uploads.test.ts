import { describe, expect, it } from "vitest";
import { type Frame, serveTransport, type TestSocket, type Transport, token } from "./websocket-kit.ts";

const mebibyte = 1024 * 1024;
const idle = { run: () => {} };
const hello = Buffer.from("hello, world");

interface Sent {
  readonly upload?: string;
  readonly size?: number;
  readonly offset?: number;
  readonly content?: Buffer;
}

let ids = 0;
const call = (socket: TestSocket, method: string, params: object): Promise<Frame> => {
  ids += 1;
  return socket.ask({ t: "call", id: `call-${ids}`, method, params });
};
const piece = (socket: TestSocket, { upload = "u", size = hello.length, offset = 0, content = hello }: Sent = {}) =>
  call(socket, "files.upload", { upload, size, offset, base64: content.toString("base64") });
const open = (socket: TestSocket, upload = "u", id = "1") =>
  socket.ask({ t: "open", id, input: { text: "x", files: [{ path: "a.txt", upload }] } });
const putsOf = (transport: Transport, run = "run-1") => transport.host.all.get(run)?.options.input.files;
const refused = { t: "error", code: "SLUICE_WIRE_UPLOAD" };

describe("files in pieces", () => {
  it("should reach the run that names them, in order, among files in the frame", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    const content = Buffer.alloc(3 * mebibyte, "0123456789");
    for (let offset = 0; offset < content.length; offset += 500_000) {
      const part = content.subarray(offset, offset + 500_000);
      const received = offset + part.length;
      const answer = await piece(socket, { size: content.length, offset, content: part });
      expect(answer).toMatchObject({ t: "result", result: { upload: "u", received, size: content.length } });
    }
    await piece(socket, { upload: "empty", size: 0, content: Buffer.alloc(0) });
    const files = [
      { path: "large.bin", upload: "u" },
      { path: "small.txt", base64: "aGk=" },
      { path: "empty.txt", upload: "empty" },
    ];
    expect(await socket.ask({ t: "open", id: "1", input: { text: "x", files } })).toMatchObject({ t: "opened" });
    expect(putsOf(transport)?.map(({ path }) => path)).toEqual(["large.bin", "small.txt", "empty.txt"]);
    expect(Buffer.compare(Buffer.from(putsOf(transport)?.[0]?.content ?? []), content)).toBe(0);
    expect(putsOf(transport)?.[2]?.content).toHaveLength(0);
  });

  it("should be put into a session", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { text: "x" }, session: "s" });
    await piece(socket);
    const put = await call(socket, "files.put", { session: "s", files: [{ path: "a.txt", upload: "u" }] });
    expect(put).toMatchObject({ result: { files: 1 } });
    expect(transport.host.files$.get("s")?.get("a.txt")).toEqual(hello);
  });

  it("should be told apart when two come by turns, with other frames between them", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    const [first, second] = [hello.subarray(0, 6), hello.subarray(6)];
    await piece(socket, { upload: "one", content: first });
    await piece(socket, { upload: "two", content: second, size: 12 });
    expect(await call(socket, "status", {})).toMatchObject({ t: "result" });
    await piece(socket, { upload: "two", content: first, offset: 6 });
    await piece(socket, { upload: "one", content: second, offset: 6 });
    await open(socket, "one", "1");
    await open(socket, "two", "2");
    expect(String(putsOf(transport, "run-1")?.[0]?.content)).toBe("hello, world");
    expect(String(putsOf(transport, "run-2")?.[0]?.content)).toBe(" worldhello,");
  });

  it("should begin no run while pieces are missing, and take the rest afterwards", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    expect(await open(socket, "u", "none")).toMatchObject({ ...refused, retryable: true });
    await piece(socket, { content: hello.subarray(0, 5) });
    expect(await open(socket, "u", "half")).toMatchObject(refused);
    expect(transport.host.all.size).toBe(0);
    await piece(socket, { content: hello.subarray(5), offset: 5 });
    expect(await open(socket, "u", "whole")).toMatchObject({ t: "opened" });
  });

  it.each<[string, Sent]>([
    ["begins beyond what came", { offset: 6, content: hello.subarray(6) }],
    ["comes again", { offset: 1, content: hello.subarray(1, 5) }],
    ["is too much", { offset: 5, content: Buffer.alloc(8) }],
    ["changes the size", { offset: 5, size: 13, content: hello.subarray(5) }],
  ])("should be forgotten when a piece %s", async (_name, wrong) => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    await piece(socket, { content: hello.subarray(0, 5) });
    expect(await piece(socket, wrong)).toMatchObject(refused);
    expect(await piece(socket, { offset: 5, content: hello.subarray(5) })).toMatchObject(refused);
    expect(await open(socket)).toMatchObject(refused);
    await piece(socket);
    expect(await open(socket, "u", "2")).toMatchObject({ t: "opened" });
  });

  it("should begin anew with the piece at 0", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    await piece(socket, { size: 8 * mebibyte, content: hello });
    await piece(socket, { size: 8 * mebibyte, content: hello });
    await piece(socket);
    await open(socket);
    expect(putsOf(transport)?.[0]?.content).toEqual(hello);
  });

  it.each([
    [{ upload: "u", size: 5, offset: 0, base64: "!" }],
    [{ upload: "u", size: -1, offset: 0, base64: "aGk=" }],
    [{ upload: "u", size: 1e300, offset: 0, base64: "aGk=" }],
    [{ upload: "u", offset: 0, base64: "aGk=" }],
    [{ upload: "", size: 2, offset: 0, base64: "aGk=" }],
    [{ upload: "u", size: 2, offset: 0 }],
  ])("should be refused with parameters that are none: %j", async (params) => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    expect(await call(socket, "files.upload", params)).toMatchObject({ code: "SLUICE_WIRE_PROTOCOL" });
  });

  it("should answer a repeated open with its run, though the files are used", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    await piece(socket);
    await open(socket);
    await open(socket);
    socket.send({ t: "open", id: "1", input: { text: "x", files: [{ path: "a.txt", upload: "u" }] } });
    expect((await socket.count("opened", 3)).map(({ run }) => run)).toEqual(["run-1", "run-1", "run-1"]);
    expect(await open(socket, "u", "2")).toMatchObject(refused);
  });
});

describe("the bounds of files in pieces", () => {
  const large = { size: 6 * mebibyte, content: Buffer.alloc(0) };

  it("should hold for one connection, by what was announced, and be free again afterwards", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    const tooLarge = { t: "error", code: "SLUICE_FILE_TOO_LARGE", retryable: false };
    expect(await piece(socket, { size: 8 * mebibyte + 1 })).toMatchObject(tooLarge);
    await piece(socket, { ...large, upload: "one" });
    expect(await piece(socket, { ...large, upload: "two" })).toMatchObject(tooLarge);
    expect(await piece(socket, { ...large, upload: "one", offset: 1 })).toMatchObject(refused);
    expect(await piece(socket, { ...large, upload: "two" })).toMatchObject({ t: "result" });
  });

  it("should hold for the number of files", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    const empty = { size: 0, content: Buffer.alloc(0) };
    for (let index = 0; index < 256; index += 1) await piece(socket, { ...empty, upload: String(index) });
    expect(await piece(socket, { ...empty, upload: "256" })).toMatchObject({ code: "SLUICE_FILE_TOO_LARGE" });
  });

  it("should hold for all clients together, and forget those whose socket is gone", async () => {
    await using transport = await serveTransport(idle);
    const sockets = [await transport.connect({ client: "a" }), await transport.connect({ client: "b" })];
    for (const socket of sockets) await piece(socket, { ...large, size: 8 * mebibyte });
    const third = await transport.connect({ client: "c" });
    expect(await piece(third)).toMatchObject({ code: "SLUICE_OVERLOADED", retryable: true });
    sockets[0]?.socket.terminate();
    await expect.poll(() => transport.connections.includes("closed")).toBe(true);
    expect(await piece(third, { ...large, size: 8 * mebibyte })).toMatchObject({ t: "result" });
  });

  it("should hold for what no message names: it is forgotten", async () => {
    await using transport = await serveTransport(idle, { stall: 20 });
    const socket = await transport.connect({ client: "a" });
    await piece(socket, { ...large, upload: "left" });
    await expect.poll(async () => (await piece(socket, { ...large, upload: "next" })).t).toBe("result");
  });

  it("should let nobody send files who has not said hello, or may not open runs", async () => {
    const reader = { name: "reader", token: "reader-token-0123456789", role: "read" as const };
    await using transport = await serveTransport(idle, { tokens: [reader] });
    const stranger = await transport.connect();
    for (let index = 0; index < 5; index += 1) {
      stranger.send({ t: "call", id: "1", method: "files.upload", params: { upload: "u", size: 1, offset: 0 } });
    }
    expect((await stranger.closed).code).toBe(4400);
    expect(stranger.frames).toEqual([]);
    const read = await transport.connect({ hello: { token: reader.token } });
    expect(await piece(read)).toMatchObject({ code: "SLUICE_WIRE_FORBIDDEN" });
    const main = await transport.connect({ hello: { token } });
    expect(await open(main)).toMatchObject(refused);
  });
});
