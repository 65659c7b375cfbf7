import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import { FakeHost } from "./fake-host.ts";
import { type Frame, serveTransport, type TestSocket, type Transport, type TransportConfig } from "./websocket-kit.ts";

const mebibyte = 1024 * 1024;
const refused = { t: "error", code: "SLUICE_WIRE_DOWNLOAD", retryable: true };

/** Counts how often a file is read, and can hold reads back. */
class CountingHost extends FakeHost {
  readonly reads: string[] = [];
  underWay = 0;
  most = 0;
  gate: Promise<void> = Promise.resolve();

  constructor() {
    super({ run: () => {} });
    const { get } = this.sessions;
    this.sessions.get = async (session, path) => {
      this.reads.push(path);
      this.underWay += 1;
      this.most = Math.max(this.most, this.underWay);
      await this.gate;
      this.underWay -= 1;
      return get(session, path);
    };
  }
}

const serve = async (config: TransportConfig = {}) => {
  const host = new CountingHost();
  return { host, transport: await serveTransport({}, config, host) };
};

const connect = async (transport: Transport, client = "a") => {
  const socket = await transport.connect({ client });
  await socket.ask({ t: "open", id: "begin", input: { text: "x" }, session: "s" });
  return socket;
};

let ids = 0;
const get = (socket: TestSocket, params: Readonly<Record<string, unknown>>): Promise<Frame> => {
  ids += 1;
  return socket.ask({ t: "call", id: `get-${ids}`, method: "files.get", params: { session: "s", ...params } });
};
const put = (host: FakeHost, path: string, content: Uint8Array) => host.sessions.put("s", [{ path, content }]);
const filled = (size: number, text: string) => Buffer.alloc(size, text);

interface Piece {
  readonly content: Buffer;
  readonly size: number;
}

async function piece(socket: TestSocket, params: Readonly<Record<string, unknown>>): Promise<Piece> {
  const frame = await get(socket, params);
  if (frame.t !== "result") throw new SluiceError("SLUICE_INTERNAL", JSON.stringify(frame));
  const { base64, size } = frame["result"] as { base64: string; size: number };
  return { content: Buffer.from(base64, "base64"), size };
}

/** The rest of a download, from `offset` on. */
async function rest(socket: TestSocket, params: Readonly<Record<string, unknown>>, offset = 0): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = offset; ; ) {
    const { content, size } = await piece(socket, { ...params, offset: at });
    pieces.push(content);
    at += content.length;
    if (at >= size) return Buffer.concat(pieces);
  }
}

describe("files fetched in pieces", () => {
  it("should read a large file of the sandbox once", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    const content = filled(6 * mebibyte + 1, "0123456789");
    await put(host, "big.bin", content);
    const fetched = await rest(socket, { path: "big.bin", download: "d" });
    expect(Buffer.compare(fetched, content)).toBe(0);
    expect(host.reads).toEqual(["big.bin"]);
  });

  it("should give the whole of one version when the file is replaced, and even when it goes", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    const old = filled(2 * mebibyte, "old");
    await put(host, "big.bin", old);
    const params = { path: "big.bin", download: "d" };
    const first = await piece(socket, params);
    await put(host, "big.bin", filled(3 * mebibyte, "new"));
    const second = await piece(socket, { ...params, offset: first.content.length });
    host.files$.delete("s");
    const third = await rest(socket, params, first.content.length * 2);
    expect(Buffer.compare(Buffer.concat([first.content, second.content, third]), old)).toBe(0);
  });

  it("should tell two apart that come by turns, though they are of one file", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "big.bin", filled(mebibyte, "a"));
    const one = await piece(socket, { path: "big.bin", download: "one" });
    await put(host, "big.bin", filled(mebibyte, "b"));
    const two = await piece(socket, { path: "big.bin", download: "two" });
    const offset = mebibyte / 2;
    const oneMore = await rest(socket, { path: "big.bin", download: "one" }, offset);
    const twoMore = await rest(socket, { path: "big.bin", download: "two" }, offset);
    expect(String(Buffer.concat([one.content, oneMore]))).toBe("a".repeat(mebibyte));
    expect(String(Buffer.concat([two.content, twoMore]))).toBe("b".repeat(mebibyte));
    expect(host.reads).toHaveLength(2);
  });

  it("should begin anew at 0, and be over with the last piece", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "big.bin", filled(mebibyte, "a"));
    await piece(socket, { path: "big.bin", download: "d" });
    await put(host, "big.bin", filled(mebibyte, "b"));
    expect(String(await rest(socket, { path: "big.bin", download: "d" }))).toBe("b".repeat(mebibyte));
    expect(await get(socket, { path: "big.bin", download: "d", offset: mebibyte / 2 })).toMatchObject(refused);
  });

  it("should be refused where nothing is held, or something else", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "big.bin", filled(mebibyte, "a"));
    await put(host, "other.bin", filled(mebibyte, "b"));
    expect(await get(socket, { path: "big.bin", download: "d", offset: 1 })).toMatchObject(refused);
    await piece(socket, { path: "big.bin", download: "d" });
    expect(await get(socket, { path: "other.bin", download: "d", offset: 1 })).toMatchObject(refused);
    const stranger = await connect(transport, "b");
    expect(await get(stranger, { path: "big.bin", download: "d", offset: 1 })).toMatchObject(refused);
    expect(await get(socket, { path: "big.bin", download: "" })).toMatchObject({ code: "SLUICE_WIRE_PROTOCOL" });
    expect(await get(socket, { path: "none", download: "d" })).toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
  });

  it("should take any offset and length without a download, as before", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "a.txt", Buffer.from("hello, world"));
    expect(String((await piece(socket, { path: "a.txt", offset: 7, length: 3 })).content)).toBe("wor");
    expect(await piece(socket, { path: "a.txt", offset: 99 })).toEqual({ content: Buffer.alloc(0), size: 12 });
    expect(String(await rest(socket, { path: "a.txt", download: "d", length: 5 }))).toBe("hello, world");
  });

  it("should read 4 at once for one connection, and the others after them", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "a.txt", Buffer.from("hello"));
    const { promise, resolve } = Promise.withResolvers<void>();
    host.gate = promise;
    const all = Array.from({ length: 8 }, () => piece(socket, { path: "a.txt" }));
    await expect.poll(() => host.underWay).toBe(4);
    // An answer to a later message: all eight have been looked at.
    await socket.ask({ t: "call", id: "last", method: "status", params: {} });
    expect(host.most).toBe(4);
    resolve();
    expect((await Promise.all(all)).map(({ content }) => String(content))).toEqual(Array(8).fill("hello"));
    expect(host.most).toBe(4);
  });
});

describe("the bounds of files fetched in pieces", () => {
  it("should hold for one connection, and be free again afterwards", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "big.bin", filled(6 * mebibyte, "a"));
    await put(host, "huge.bin", filled(8 * mebibyte + 1, "a"));
    const tooLarge = { t: "error", code: "SLUICE_FILE_TOO_LARGE", retryable: false };
    expect(await get(socket, { path: "huge.bin", download: "d" })).toMatchObject(tooLarge);
    await piece(socket, { path: "big.bin", download: "one" });
    expect(await get(socket, { path: "big.bin", download: "two" })).toMatchObject(tooLarge);
    await rest(socket, { path: "big.bin", download: "one" }, mebibyte / 2);
    expect(await get(socket, { path: "big.bin", download: "two" })).toMatchObject({ t: "result" });
  });

  it("should not count files that are one piece", async () => {
    const { host, transport } = await serve({ limits: { download: 0, downloads: 0 } });
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "a.bin", filled(mebibyte / 2, "a"));
    await put(host, "b.bin", filled(mebibyte / 2 + 1, "a"));
    expect(await get(socket, { path: "a.bin", download: "d" })).toMatchObject({ t: "result" });
    expect(await get(socket, { path: "b.bin", download: "d" })).toMatchObject({ code: "SLUICE_FILE_TOO_LARGE" });
  });

  it("should hold for the number of downloads", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "a.txt", Buffer.from("hello"));
    for (let index = 0; index < 256; index += 1) {
      await piece(socket, { path: "a.txt", download: String(index), length: 1 });
    }
    const more = { path: "a.txt", download: "256", length: 1 };
    expect(await get(socket, more)).toMatchObject({ code: "SLUICE_FILE_TOO_LARGE" });
  });

  it("should hold for all clients together, and forget those whose socket is gone", async () => {
    const { host, transport } = await serve();
    await using _transport = transport;
    await put(host, "big.bin", filled(8 * mebibyte, "a"));
    const sockets = [await connect(transport, "a"), await connect(transport, "b")];
    for (const socket of sockets) await piece(socket, { path: "big.bin", download: "d" });
    const third = await connect(transport, "c");
    const params = { path: "big.bin", download: "d" };
    expect(await get(third, params)).toMatchObject({ code: "SLUICE_OVERLOADED", retryable: true });
    sockets[0]?.socket.terminate();
    await expect.poll(() => transport.connections.includes("closed")).toBe(true);
    expect(await get(third, params)).toMatchObject({ t: "result" });
  });

  it("should hold nothing for a socket that went while its file was read", async () => {
    const { host, transport } = await serve({ limits: { downloads: 8 * mebibyte } });
    await using _transport = transport;
    await put(host, "big.bin", filled(8 * mebibyte, "a"));
    const socket = await connect(transport);
    const { promise, resolve } = Promise.withResolvers<void>();
    host.gate = promise;
    const gone = get(socket, { path: "big.bin", download: "d" });
    gone.catch(() => undefined);
    await expect.poll(() => host.underWay).toBe(1);
    socket.socket.terminate();
    await expect.poll(() => transport.connections.includes("closed")).toBe(true);
    resolve();
    await expect(gone).rejects.toThrow("closed");
    const next = await connect(transport, "b");
    expect(await get(next, { path: "big.bin", download: "d" })).toMatchObject({ t: "result" });
  });

  it("should forget what no further piece is asked of, though another one goes on", async () => {
    const { host, transport } = await serve({ stall: 100 });
    await using _transport = transport;
    const socket = await connect(transport);
    await put(host, "big.bin", filled(6 * mebibyte, "a"));
    await put(host, "small.bin", filled(mebibyte, "a"));
    await piece(socket, { path: "big.bin", download: "left" });
    // The other one begins, and begins again, all the time.
    const next = { path: "big.bin", download: "next" };
    await expect
      .poll(async () => {
        await piece(socket, { path: "small.bin", download: "other" });
        return (await get(socket, next)).t;
      })
      .toBe("result");
    expect(await get(socket, { path: "big.bin", download: "left", offset: 1 })).toMatchObject(refused);
  });
});
