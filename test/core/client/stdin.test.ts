import { describe, expect, it } from "vitest";
import type { OpenOptions } from "../../../core/contract/index.ts";
import type { FakeRun } from "../../plugins/websocket/fake-host.ts";
import { serveTransport } from "../../plugins/websocket/websocket-kit.ts";
import { Cutter, clientOf } from "./client-kit.ts";

const window = 256 * 1024;
const bytes = Buffer.from(Array.from({ length: 1_500_001 }, (_, index) => (index * 7919) % 251));

const stdinOf = ({ input }: OpenOptions) => ("code" in input ? input.stdin : undefined);

/** Reads a run's standard input to its end; `each` is awaited after every piece. */
async function readAll(run: FakeRun, each: (read: number) => Promise<void> | void = () => {}): Promise<Buffer> {
  const source = stdinOf(run.options);
  if (source === undefined || typeof source === "string") return Buffer.from(source ?? "");
  const pieces: Uint8Array[] = [];
  let read = 0;
  for await (const piece of source) {
    pieces.push(piece);
    read += piece.length;
    await each(read);
  }
  return Buffer.concat(pieces);
}

async function* pieces(sizes: readonly number[], sent: (total: number) => void = () => {}): AsyncIterable<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    yield bytes.subarray(at, end);
    at = Math.min(end, bytes.length);
    sent(at);
  }
}

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const event of stream) void event;
}

/** A transport whose runs read all of their input and end. */
async function reading(each?: (read: number) => Promise<void> | void) {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const transport = await serveTransport({
    run: (run) => {
      readAll(run, each).then((all) => {
        resolve(all);
        run.end();
      }, reject);
    },
  });
  return { transport, got: promise };
}

describe("a program's standard input over the wire", () => {
  it.each([[[1_500_001]], [[1, 700_000, 3]], [[65_536]], [[48 * 1024 + 1, 0, 255]]])(
    "should arrive byte for byte in pieces of %j",
    async (sizes) => {
      const { transport, got } = await reading();
      await using _ = transport;
      await using client = clientOf(transport.url);
      for await (const event of client.run("run", { code: "", stdin: pieces(sizes) })) void event;
      expect(Buffer.compare(await got, bytes)).toBe(0);
    },
  );

  it("should arrive once and whole although the connection breaks again and again", async () => {
    let cuts = 0;
    let cutter: Cutter | undefined;
    const { transport, got } = await reading(async (read) => {
      if (read < (cuts + 1) * 250_000) return;
      cuts += 1;
      cutter?.cut();
    });
    await using _ = transport;
    await using cuttable = await Cutter.before(transport);
    cutter = cuttable;
    await using client = clientOf(cuttable.url);
    for await (const event of client.run("run", { code: "", stdin: pieces([90_001, 7]) })) void event;
    expect(Buffer.compare(await got, bytes)).toBe(0);
    expect(cuts).toBeGreaterThanOrEqual(5);
  });

  it("should be read no further than its window where the program does not read", async () => {
    let sent = 0;
    const { promise: goOn, resolve: proceed } = Promise.withResolvers<void>();
    const { transport, got } = await reading(() => goOn);
    await using _ = transport;
    await using client = clientOf(transport.url);
    const source = pieces([30_000], (total) => {
      sent = total;
    });
    const stream = client.run("run", { code: "", stdin: source });
    await stream.opened;
    await expect.poll(() => sent).toBeGreaterThanOrEqual(window - 30_000);
    // Nothing can be awaited of what must not happen; a call and its answer give it the time to.
    await client.call("status");
    expect(sent).toBeLessThanOrEqual(window + 30_000);
    proceed();
    for await (const event of stream) void event;
    expect((await got).length).toBe(bytes.length);
  });

  it("should stop a source when the run ends without having read it", async () => {
    await using transport = await serveTransport({ run: () => {} });
    await using client = clientOf(transport.url);
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        for (;;) yield bytes.subarray(0, 10_000);
      } finally {
        resolve();
      }
    }
    const stream = client.run("run", { code: "", stdin: endless() });
    await stream.opened;
    await expect.poll(() => transport.host.all.size).toBe(1);
    transport.host.all.get("run-1")?.end();
    for await (const event of stream) void event;
    await stopped;
  });

  it("should cancel the run where its source fails, and say why", async () => {
    await using transport = await serveTransport({ run: () => {} });
    await using client = clientOf(transport.url);
    async function* failing(): AsyncIterable<Uint8Array> {
      yield bytes.subarray(0, 10);
      throw new Error("the disk is gone");
    }
    const stream = client.run("run", { code: "", stdin: failing() });
    await expect(drained(stream)).rejects.toThrow("the disk is gone");
    await expect.poll(() => transport.host.all.get("run-1")?.cancels).toEqual(["run"]);
  });

  it.each([10, 65_536, 65_537, 3_000_000])(
    "should be a text of %i characters as well, beside code as long",
    async (size) => {
      const { transport, got } = await reading();
      await using _ = transport;
      await using client = clientOf(transport.url);
      const text = "é".repeat(size / 2);
      const input = {
        code: `#${text}`,
        file: "a.py",
        args: ["b", ""],
        stdin: text,
        files: [{ path: "x", base64: "aGk=" }],
      };
      for await (const event of client.run("run", input)) void event;
      expect((await got).toString()).toBe(text);
      const told = transport.host.all.get("run-1")?.options.input as { readonly code: string };
      expect(told).toMatchObject({ file: "a.py", args: ["b", ""], files: [{ path: "x" }] });
      expect(told.code === `#${text}`).toBe(true);
    },
  );
});

describe("frames of standard input", () => {
  const piece = (offset: number, content: Buffer | string, more: object = {}) => ({
    ...{ t: "stdin", run: "run-1", offset, base64: Buffer.from(content).toString("base64") },
    ...more,
  });

  it.each([
    ["that leave a hole", [piece(1, "x")], /begins at 1/],
    ["beyond the window", [piece(0, Buffer.alloc(window)), piece(window, "x")], /beyond the 0/],
    ["that are not base64", [{ ...piece(0, ""), base64: "*" }], /base64/],
    ["after the end", [piece(0, "x", { end: true }), piece(1, "y")], /has ended/],
  ])("should be refused %s", async (_, frames, message) => {
    await using transport = await serveTransport({ run: () => {} });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { code: "", stdin: true } });
    for (const frame of frames) socket.send(frame);
    expect(await socket.next("error")).toMatchObject({
      code: "SLUICE_WIRE_PROTOCOL",
      run: "run-1",
      message: expect.stringMatching(message),
    });
  });

  it("should be refused from another client, and passed over after the end of the run", async () => {
    await using transport = await serveTransport({ run: () => {} });
    const socket = await transport.connect({ client: "a" });
    await socket.ask({ t: "open", id: "1", input: { code: "", stdin: true } });
    transport.host.all.get("run-1")?.end();
    await socket.next("event", ({ event }) => (event as { type: string }).type === "run-end");
    socket.send(piece(0, "late"));
    expect(await socket.ask({ t: "call", id: "2", method: "status" })).toMatchObject({ t: "result" });
  });
});
