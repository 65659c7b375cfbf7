import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { declareErrors } from "../../../core/contract/error-codes/declared.ts";
import type { RunEvent, SinkEntry } from "../../../core/contract/index.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import type { WebhookConfig } from "../../../plugins/webhook/config.generated.ts";
import webhook from "../../../plugins/webhook/index.ts";
import manifest from "../../../plugins/webhook/plugin.json" with { type: "json" };
import { WebhookSink } from "../../../plugins/webhook/webhook-sink.ts";

declareErrors(manifest.errors as never);

const secret = "a key for these tests";

interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
type Answer = (response: ServerResponse, number: number) => void;

/** A server that keeps what it got, and answers as it is told. */
async function serve(answer: Answer = (response) => response.end()): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    answer(response, received.push({ headers: request.headers, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve(undefined)));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

function sinkTo(url: string, options: Partial<WebhookConfig> = {}): WebhookSink {
  const config = { url, secret, events: ["end", "failure", "approval"], private: ["127.0.0.1"], timeout: 10_000 };
  const sink = new WebhookSink({ ...config, ...options } as WebhookConfig, new FakeClock(1_800_000_000_000));
  onTestFinished(() => sink[Symbol.asyncDispose]());
  return sink;
}

const place = (run: string, seq = 9) => ({ run, seq, time: "2026-01-01T12:00:00.000Z" });
function ended(run: string, status: "ok" | "failed" = "ok", reason?: string): RunEvent {
  const usage = { inputTokens: 1, outputTokens: 2 };
  const cost = { amount: 0, currency: "USD" as const };
  const data = { status, usage, cost, ...(reason === undefined ? {} : { reason }) };
  return { ...place(run), source: "core", type: "run-end", data };
}
const asked = (code: string): RunEvent => ({
  ...{ ...place("r3", 4), source: "gate", type: "approval-request" },
  data: { message: "May it run?", code, language: "python" },
});
const bodies = (received: readonly Received[]) => received.map(({ body }) => JSON.parse(body));

describe("webhook", () => {
  it("should tell of ends, failures and approvals in their order, each signed over id, time and body", async () => {
    const { url, received } = await serve();
    await sinkTo(url).write([ended("r1"), ended("r2", "failed", "a name is unknown"), asked("print(1)")]);
    expect(bodies(received).map(({ type, data }) => [type, data.run])).toEqual([
      ["run.ended", "r1"],
      ["run.failed", "r2"],
      ["approval.requested", "r3"],
    ]);
    for (const { headers, body } of received) {
      const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
      const expected = createHmac("sha256", secret).update(signed).digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
      expect(headers["webhook-timestamp"]).toBe("1800000000");
    }
    expect(received.map(({ headers }) => headers["webhook-id"])).toEqual(["r1.9", "r2.9", "r3.4"]);
  });

  it("should tell what is wanted alone, and nothing of logs and output", async () => {
    const { url, received } = await serve();
    const log = {
      type: "log",
      time: "2026-01-01T12:00:00.000Z",
      source: "core",
      data: { level: "info", message: "x" },
    };
    const batch = [log as SinkEntry, ended("r1"), asked("print(1)"), ended("r2", "failed")];
    await sinkTo(url, { events: ["failure"] }).write(batch);
    expect(bodies(received).map(({ type }) => type)).toEqual(["run.failed"]);
  });

  it("should send nothing twice that was taken, when a batch is given again", async () => {
    const { url, received } = await serve((response, number) => {
      response.statusCode = number === 2 ? 503 : 200;
      response.end();
    });
    const sink = sinkTo(url);
    const batch = [ended("r1"), ended("r2"), ended("r3")];
    await expect(sink.write(batch)).rejects.toMatchObject({ code: "PLUGIN_WEBHOOK_UNREACHABLE", retryable: true });
    expect(sink.health$.value).toMatchObject({ status: "degraded" });
    await sink.write(batch);
    expect(bodies(received).map(({ data }) => data.run)).toEqual(["r1", "r2", "r2", "r3"]);
    expect(received[1]?.headers["webhook-id"]).toBe(received[2]?.headers["webhook-id"]);
    expect(sink.health$.value).toEqual({ status: "ok" });
  });

  it("should go on after a message that is refused for good, and say so", async () => {
    const { url, received } = await serve((response, number) => {
      response.statusCode = number === 1 ? 400 : 200;
      response.end();
    });
    const batch = [ended("r1"), ended("r2")];
    await expect(sinkTo(url).write(batch)).rejects.toMatchObject({ code: "PLUGIN_WEBHOOK_REFUSED", retryable: false });
    expect(received).toHaveLength(2);
  });

  it.each([301, 302, 303, 307, 308])(
    "should follow no redirect with %i, so that nothing reaches another origin",
    async (status) => {
      const other = await serve();
      const { url } = await serve((response) => response.writeHead(status, { location: other.url }).end());
      await expect(sinkTo(url).write([ended("r1")])).rejects.toMatchObject({ code: "PLUGIN_WEBHOOK_REFUSED" });
      expect(other.received).toEqual([]);
    },
  );

  it.each<[string, Answer]>([
    ["breaks off", (response) => response.destroy()],
    ["is silent", () => undefined],
    ["speaks no HTTP", (response) => response.socket?.end("SSH-2.0-nothing\r\n")],
    ["asks for patience", (response) => response.writeHead(429).end()],
  ])("should want to try again where the server %s", async (_what, answer) => {
    const { url } = await serve(answer);
    const failed = sinkTo(url, { timeout: 300 }).write([ended("r1")]);
    await expect(failed).rejects.toMatchObject({ code: "PLUGIN_WEBHOOK_UNREACHABLE" });
  });

  it("should read nothing of an answer that never ends", async () => {
    const { url, received } = await serve((response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write("x".repeat(1_000)), 1);
      response.on("close", () => clearInterval(more));
    });
    await sinkTo(url).write([ended("r1"), ended("r2")]);
    expect(received).toHaveLength(2);
  });

  it("should bound what it sends", async () => {
    const { url, received } = await serve();
    await sinkTo(url).write([ended("r1", "failed", "😀".repeat(100_000)), asked("#".repeat(1_000_000))]);
    for (const { body } of received) expect(Buffer.byteLength(body)).toBeLessThan(16_000);
    expect(received.every(({ body }) => body.isWellFormed())).toBe(true);
  });

  it.each(["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]"])(
    "should refuse the private address %s where it is not listed",
    async (host) => {
      const { url, received } = await serve();
      const sink = sinkTo(url.replace("127.0.0.1", host), { private: [] });
      await expect(sink.write([ended("r1")])).rejects.toMatchObject({ code: "PLUGIN_WEBHOOK_REFUSED" });
      expect(received).toEqual([]);
    },
  );

  it("should leave at once when it is disposed of in the middle of a request", async () => {
    const { url, received } = await serve(() => undefined);
    const sink = sinkTo(url);
    const failed = expect(sink.write([ended("r1")])).rejects.toMatchObject({ code: "PLUGIN_WEBHOOK_UNREACHABLE" });
    await expect.poll(() => received.length).toBe(1);
    await sink[Symbol.asyncDispose]();
    await failed;
  });

  it("should refuse http to the Internet, and what is no address", () => {
    const issues = (url: string, own: string[] = []) =>
      webhook.check?.({ url, secret, events: ["end"], private: own, timeout: 1 })?.map(({ path }) => path);
    expect(issues("https://hooks.example.com/")).toEqual([]);
    expect(issues("http://hooks.example.com/")).toEqual(["/url"]);
    expect(issues("http://10.0.0.1/", ["10.0.0.0/8"])).toEqual([]);
    expect(issues("https://hooks.example.com/", ["1.2.3.4/99"])).toEqual(["/private/0"]);
  });
});
