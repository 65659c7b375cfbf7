import { lastValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import { serveTransport } from "../../plugins/websocket/websocket-kit.ts";
import { Cutter, clientOf } from "./client-kit.ts";

const mebibyte = 1024 * 1024;
const ends = { chat: (run: { end(): void }) => run.end() };
const large = Buffer.from(Array.from({ length: 3 * mebibyte + 1 }, (_, index) => (index * 7919) % 251));
const fileOf = (path: string, content: Buffer) => ({ path, base64: content.toString("base64") });

describe("the client and files that fit into no frame", () => {
  it("should send them before the run that has them", async () => {
    await using transport = await serveTransport(ends);
    await using client = clientOf(transport.url);
    const files = [fileOf("small.txt", Buffer.from("small")), fileOf("large.bin", large), fileOf("empty", Buffer.of())];
    const end = await lastValueFrom(client.run("chat", { text: "x", files }));
    expect(end.type).toBe("run-end");
    const put = transport.host.all.get("run-1")?.options.input.files ?? [];
    expect(put.map(({ path }) => path)).toEqual(["small.txt", "large.bin", "empty"]);
    expect(put.map(({ content }) => content.byteLength)).toEqual([5, large.length, 0]);
    expect(Buffer.compare(Buffer.from(put[1]?.content ?? []), large)).toBe(0);
  });

  it("should take them as bytes, those that fit into the frame as well", async () => {
    await using transport = await serveTransport(ends);
    await using client = clientOf(transport.url);
    for (const content of [Buffer.of(), large.subarray(0, 100_001), large]) {
      await lastValueFrom(client.run("chat", { text: "x", files: [{ path: "a.bin", content }] }));
      const [put] = transport.host.all.get(`run-${transport.host.all.size}`)?.options.input.files ?? [];
      expect(Buffer.compare(Buffer.from(put?.content ?? "none"), content)).toBe(0);
    }
    await client.run("chat", "x", { session: "s" }).opened;
    await client.call("files.put", { session: "s", files: [{ path: "a.bin", content: large }] });
    expect(Buffer.compare(Buffer.from(transport.host.files$.get("s")?.get("a.bin") ?? []), large)).toBe(0);
  });

  it("should send them before files.put", async () => {
    await using transport = await serveTransport(ends);
    await using client = clientOf(transport.url);
    await client.run("chat", "x", { session: "s" }).opened;
    const result = await client.call("files.put", { session: "s", files: [fileOf("large.bin", large)] });
    expect(result).toEqual({ files: 1 });
    expect(Buffer.compare(Buffer.from(transport.host.files$.get("s")?.get("large.bin") ?? []), large)).toBe(0);
  });

  it("should send them apart where many small ones are large together, or the text is", async () => {
    await using transport = await serveTransport(ends);
    await using client = clientOf(transport.url);
    const files = Array.from({ length: 8 }, (_, index) => fileOf(`${index}`, large.subarray(index, 200_000)));
    await lastValueFrom(client.run("chat", { text: "x", files }));
    await lastValueFrom(client.run("chat", { text: "é".repeat(300_000), files: files.slice(0, 1) }));
    expect(transport.host.all.get("run-1")?.options.input.files?.map(({ content }) => content.byteLength)).toEqual(
      files.map((_, index) => 200_000 - index),
    );
    expect(transport.host.all.get("run-2")?.options.input.files?.[0]?.content.byteLength).toBe(200_000);
  });

  it("should reject with the host's typed error beyond its bound, and go on", async () => {
    await using transport = await serveTransport(ends);
    await using client = clientOf(transport.url);
    const files = [fileOf("huge.bin", Buffer.alloc(9 * mebibyte))];
    const refused = { code: "SLUICE_FILE_TOO_LARGE", retryable: false };
    await expect(lastValueFrom(client.run("chat", { text: "x", files }))).rejects.toMatchObject(refused);
    await expect(client.call("files.put", { session: "s", files })).rejects.toMatchObject(refused);
    expect(transport.host.all.size).toBe(0);
    expect((await lastValueFrom(client.run("chat", "small"))).type).toBe("run-end");
  });

  it("should send all of them again when the connection breaks between the pieces, and begin one run", async () => {
    await using transport = await serveTransport(ends);
    await using cutter = await Cutter.before(transport);
    let sent = 0;
    await using client = clientOf(cutter.url);
    await client.ready();
    const original = WebSocket.prototype.send;
    WebSocket.prototype.send = function send(data) {
      if (String(data).includes('"files.upload"')) sent += 1;
      original.call(this, data);
      if (sent === 4) {
        sent += 1;
        cutter.cut();
      }
    };
    try {
      const files = [fileOf("large.bin", large)];
      await lastValueFrom(client.run("chat", { text: "x", files }));
    } finally {
      WebSocket.prototype.send = original;
    }
    expect(cutter.connections).toBe(2);
    expect(transport.host.all.size).toBe(1);
    const [put] = transport.host.all.get("run-1")?.options.input.files ?? [];
    expect(Buffer.compare(Buffer.from(put?.content ?? []), large)).toBe(0);
  });

  it("should leave what is wrong with files to the host", async () => {
    await using transport = await serveTransport(ends);
    await using client = clientOf(transport.url);
    for (const files of [5, ["x"], [{ path: "a" }], [{ path: 5, base64: "" }]]) {
      const put = client.call("files.put", { session: "s", files });
      await expect(put).rejects.toMatchObject({ code: "SLUICE_WIRE_PROTOCOL" });
    }
  });
});
