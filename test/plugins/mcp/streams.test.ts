import { createInterface } from "node:readline";
import type { PassThrough } from "node:stream";
import { Client, ReadBuffer, serializeMessage, type Transport } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { eras, texts, told } from "./mcp-kit.ts";
import { serveOverStreams } from "./streams-kit.ts";

/** The official client's end of two streams. */
function transportOver(input: PassThrough, output: PassThrough): Transport {
  const buffer = new ReadBuffer();
  const transport: Transport = {
    async start() {
      output.on("data", (chunk: Buffer) => {
        buffer.append(chunk);
        for (let message = buffer.readMessage(); message !== null; message = buffer.readMessage()) {
          transport.onmessage?.(message);
        }
      });
    },
    async send(message) {
      input.write(serializeMessage(message));
    },
    async close() {
      input.end();
      transport.onclose?.();
    },
  };
  return transport;
}

describe.each(eras)("the tools over streams, revision %s", (_name, versionNegotiation) => {
  it("should serve the official client, keep a session, and end when the client leaves", async () => {
    await using server = await serveOverStreams();
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation });
    await client.connect(transportOver(server.input, server.output));
    const run = { name: "run_code", arguments: { code: "print hello", session: "s" } };
    expect(texts(await client.callTool(run))).toEqual(["hello\n"]);
    expect(told(await client.callTool(run)).session).toBe("s");
    expect(server.host.sessions.list()).toMatchObject([{ session: "s", runs: 2 }]);
    await client.close();
    await server.done;
  });

  it("should cancel what a client gives up, and what one leaves behind", async () => {
    await using server = await serveOverStreams();
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation });
    await client.connect(transportOver(server.input, server.output));
    const ask = { name: "ask", arguments: { prompt: "x", flow: "lazy" } };
    const started = async (signal?: AbortSignal) => {
      const heard = Promise.withResolvers<void>();
      const calling = client.callTool(ask, { signal, onprogress: () => heard.resolve() });
      const ended = calling.then(
        () => "answered",
        () => "given up",
      );
      await heard.promise;
      return ended;
    };
    const abort = new AbortController();
    const first = started(abort.signal);
    await expect.poll(() => server.host.runs.active).toBe(1);
    abort.abort();
    expect(await first).toBe("given up");
    await expect.poll(() => server.host.runs.active).toBe(0);
    const second = started();
    await expect.poll(() => server.host.runs.active).toBe(1);
    await client.close();
    await second;
    await server.done;
    expect(server.host.runs.active).toBe(0);
    expect((await server.host.runs.list()).map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });
});

describe("lines that are no messages", () => {
  it("should be answered with errors, and harm nothing", async () => {
    await using server = await serveOverStreams();
    const lines = createInterface({ input: server.output })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value as string);
    for (const [line, code] of [
      ["{", -32700],
      ["hello", -32700],
      ["5", -32600],
      ["[]", -32600],
      ['{"jsonrpc":"2.0"}', -32600],
      ["\u0000\u0001", -32700],
    ] as const) {
      server.input.write(`${line}\n`);
      expect([line, (await next()).error?.code]).toEqual([line, code]);
    }
    expect(server.problems.length).toBe(6);
    server.input.write("\n\r\n");
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
    const hello = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
    // In pieces, as pipes cut them.
    for (const piece of [hello.slice(0, 20), hello.slice(20), "\r\n"]) server.input.write(piece);
    expect((await next()).result.serverInfo.name).toBe("sluicebox");
  });

  it("should be skipped when they are longer than any message may be", async () => {
    await using server = await serveOverStreams();
    const lines = createInterface({ input: server.output })[Symbol.asyncIterator]();
    const piece = Buffer.alloc(8 * 1024 * 1024, "x");
    for (let count = 0; count < 5; count += 1) server.input.write(piece);
    server.input.write("\n");
    expect(JSON.parse((await lines.next()).value as string).error.code).toBe(-32600);
    server.input.write('{"jsonrpc":"2.0","id":7,"method":"nope"}\n');
    expect(JSON.parse((await lines.next()).value as string)).toMatchObject({ id: 7, error: { code: -32601 } });
  });
});
