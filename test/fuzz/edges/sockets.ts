import { PassThrough } from "node:stream";
import { FrameReader } from "../../../core/client/frames.ts";
import type { TransportSocket } from "../../../core/kit/index.ts";
import { parseFrame } from "../../../core/kit/lmc/frames.ts";
import { LmcTranslator } from "../../../core/kit/lmc/translator.ts";
import { ClientConnection } from "../../../plugins/lmc/connection.ts";
import { objectIn } from "../../../plugins/lmc/http.ts";
import { fieldsOf } from "../../../plugins/lmc/multipart.ts";
import { LineTransport } from "../../../plugins/mcp/line-transport.ts";
import { readRequest } from "../../../plugins/openai-api/request.ts";
import { decodeFrame } from "../../../plugins/websocket/frames.ts";
import { texts } from "../mutate.ts";
import type { Edge } from "../run.ts";

/** Frames of a client of the wire. */
export const wire: Edge = {
  corpus: texts(
    { t: "hello", id: "m", client: "c", token: "t", resume: [{ run: "r", after: 0 }] },
    { t: "open", id: "m", flow: "f", input: { text: "hi", files: [{ path: "a", base64: "aGk=" }] }, session: "s" },
    { t: "input", id: "m", run: "r", kind: "stdin", text: "x" },
    { t: "call", id: "m", method: "settings.set", params: { instance: "a", values: { b: [1, { c: null }] } } },
    { t: "watch", id: "m", watch: "w", history: 3, filter: { level: "warn" } },
  ),
  take: (input) => decodeFrame(input, false),
};

/** Frames that a host sends to a client. */
export const client: Edge = {
  corpus: texts(
    { t: "welcome", server: { version: "1", boot: "b" }, limits: { frame: 1 }, heartbeat: 1 },
    { t: "event", event: { run: "r", seq: 1, time: "t", source: "s", type: "text-delta", data: { text: "x" } } },
    { t: "part", part: 1, index: 0, count: 1, text: '{"t":"beat","time":"x"}' },
    { t: "error", code: "SLUICE_INTERNAL", message: "m", cure: "c", retryable: false },
    { t: "result", re: "m", result: {} },
  ),
  take: (input) => new FrameReader().read(input.toString("utf8")),
};

/** A client of LMC that has been let in. */
export const lmc: Edge = {
  corpus: texts(
    { role: "user", type: "message", start: true },
    { role: "user", type: "message", content: "hi" },
    { role: "user", type: "message", end: true },
    { role: "user", type: "image", format: "base64.png", content: "aGk=", start: true, end: true },
    { role: "user", type: "command", content: "stop", start: true, end: true },
    { auth: "key" },
    { role: "user", type: [[["a"]]], format: { toString: 1 }, content: 7 },
  ),
  take(input) {
    let listener: (data: Buffer, binary: boolean) => void = () => undefined;
    const socket = {
      send() {},
      close() {},
      bufferedAmount: 0,
      open: true,
      onMessage(on: typeof listener) {
        listener = on;
      },
      onDrain() {},
      onClose() {},
    };
    const run = { run: "r", session: "s", async *events() {}, cancel() {}, done: Promise.resolve() };
    const options = {
      acknowledge: true,
      authTimeout: 1_000,
      authenticate: () => true,
      open: () => run,
      autoRun: () => true,
    };
    new ClientConnection(socket as unknown as TransportSocket, options as never);
    listener(Buffer.from('{"auth":"k"}'), false);
    listener(Buffer.from('{"role":"user","start":true}'), false);
    for (const line of input.toString("latin1").split("\n")) listener(Buffer.from(line, "latin1"), false);
    listener(Buffer.from('{"role":"user","end":true}'), false);
  },
};

/** Bodies of LMC's requests. */
export const lmcHttp: Edge = {
  corpus: [
    ...texts(
      { auto_run: true, llm: { model: "m" } },
      { language: "python", code: "1" },
      { messages: [{ role: "user", content: "x" }] },
    ),
    Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'),
  ],
  take(input) {
    fieldsOf("multipart/form-data; boundary=b", input);
    objectIn({ body: input, response: { writeHead() {}, end() {} } } as never);
  },
};

/** Frames that an LMC server sends to a model or a sandbox here. */
export const lmcServer: Edge = {
  corpus: texts(
    { role: "assistant", type: "message", content: "hi", start: true, id: "1" },
    { role: "assistant", type: "code", format: "python", content: "print(1)", start: true },
    { role: "computer", type: "console", format: "output", content: "1\n", end: true },
    { role: "computer", type: "image", format: "base64.png", content: "aGk=" },
    { role: "server", type: "status", content: "complete" },
    { role: "server", type: "error", content: "no" },
  ),
  take(input) {
    const translator = new LmcTranslator({ emit: () => undefined, now: () => 0 });
    for (const line of input.toString("utf8").split("\n")) {
      const frame = parseFrame(line);
      if (frame !== undefined) translator.translate(frame);
    }
  },
};

export const openai: Edge = {
  corpus: texts(
    {
      model: "chat",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      stream_options: { include_usage: true },
    },
    {
      model: "chat",
      messages: [
        { role: "system", content: [{ type: "text", text: "x" }] },
        { role: "user", content: "y" },
      ],
    },
    {
      model: "m",
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } }] }],
    },
  ),
  take: (input) => readRequest(input),
};

/** Lines of an MCP client. */
export const mcp: Edge = {
  corpus: texts(
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}\n',
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_code","arguments":{"code":"1"}}}\n{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}\n',
  ),
  async take(input) {
    const [lines, answers] = [new PassThrough(), new PassThrough()];
    answers.resume();
    const transport = new LineTransport(lines, answers);
    await transport.start();
    lines.emit("data", input);
    await transport.close();
  },
};
