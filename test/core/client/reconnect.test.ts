import fc from "fast-check";
import { filter, firstValueFrom, lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { RunEvent } from "../../../core/client/index.ts";
import { FakeHost, type FakeRun } from "../../plugins/websocket/fake-host.ts";
import { serveTransport } from "../../plugins/websocket/websocket-kit.ts";
import { Cutter, clientOf } from "./client-kit.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Emits in small steps, so that cuts fall between and within them. */
async function slowly(run: FakeRun, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await turn();
    run.text(text);
  }
  run.end();
}

describe("the client over a broken connection", () => {
  it("should deliver each text whole, without a hole or a double, however the connection breaks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 120 }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }),
        async (sources, cuts) => {
          await using transport = await serveTransport({
            chat: (run) => slowly(run, sources[Number(textIn(run))] ?? []),
          });
          await using cutter = await Cutter.before(transport);
          await using client = clientOf(cutter.url, { maxRetries: 50 });
          const reading = Promise.all(
            sources.map((_, index) => lastValueFrom(client.run("chat", String(index)).pipe(toArray()))),
          );
          let over = false;
          void reading.finally(() => {
            over = true;
          });
          for (const wait of cuts) {
            for (let index = 0; index < wait && !over; index += 1) await turn();
            cutter.cut();
          }
          for (const [index, events] of (await reading).entries()) checkRun(events, sources[index] ?? []);
          expect(transport.host.all.size).toBe(sources.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("should carry 200 streams over one connection that breaks again and again", async () => {
    const texts = Array.from({ length: 50 }, (_, index) => `${index} `);
    await using transport = await serveTransport({ chat: (run) => slowly(run, texts) });
    await using cutter = await Cutter.before(transport);
    await using client = clientOf(cutter.url, { maxRetries: 50, queue: 500 });
    const reading = Promise.all(
      Array.from({ length: 200 }, () => lastValueFrom(client.run("chat", "x").pipe(toArray()))),
    );
    for (let index = 0; index < 8; index += 1) {
      await firstValueFrom(client.state$.pipe(filter((state) => state === "open")));
      for (let turns = 0; turns < 10; turns += 1) await turn();
      const noticed = firstValueFrom(client.state$.pipe(filter((state) => state !== "open")));
      cutter.cut();
      await noticed;
    }
    for (const events of await reading) checkRun(events, texts);
    expect(cutter.connections).toBeGreaterThanOrEqual(8);
  });

  it("should go through 100 reconnects and leave nothing behind", async () => {
    await using transport = await serveTransport({ chat: () => {} });
    await using cutter = await Cutter.before(transport);
    const client = clientOf(cutter.url, { maxRetries: 50, retryDelay: 0 });
    const stream = client.run("chat", "x");
    const run = await stream.opened;
    for (let index = 0; index < 100; index += 1) {
      await client.ready();
      const left = firstValueFrom(client.state$.pipe(filter((state) => state === "waiting")));
      cutter.cut();
      await left;
    }
    await client.ready();
    const events = lastValueFrom(stream.pipe(toArray()));
    transport.host.all.get(run)?.end();
    expect((await events).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(transport.host.all.get(run)?.changed.listenerCount("changed")).toBe(0);
    client.close();
    await cutter[Symbol.asyncDispose]();
    await expect.poll(() => transport.connections.filter((status) => status === "closed").length).toBe(101);
    expect(handles("Timeout").length).toBeLessThan(20);
  });

  it("should follow on with the next host, which still has the journal", async () => {
    const host = new FakeHost({ chat: (run) => run.text("one") });
    const first = await serveTransport({}, {}, host);
    const port = new URL(first.url).port;
    await using client = clientOf(first.url, { maxRetries: 50 });
    const events = lastValueFrom(client.run("chat", "x").pipe(toArray()));
    await expect.poll(() => host.all.get("run-1")?.entries.length).toBe(2);
    await first[Symbol.asyncDispose]();
    host.all.get("run-1")?.end("lost");
    await using second = await serveTransport({}, { listen: `127.0.0.1:${port}` }, host);
    expect((await events).at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
    expect(second.host.all.size).toBe(1);
  });

  it("should give up after its attempts, with a typed error for everything that waits", async () => {
    const transport = await serveTransport({ chat: () => {} });
    await transport[Symbol.asyncDispose]();
    await using client = clientOf(transport.url, { maxRetries: 2 });
    const stream = lastValueFrom(client.run("chat", "x"));
    const ready = client.ready();
    const states = lastValueFrom(client.state$.pipe(toArray()));
    await expect(stream).rejects.toMatchObject({ code: "SLUICE_WIRE_CLOSED", retryable: true });
    await expect(ready).rejects.toMatchObject({ code: "SLUICE_WIRE_CLOSED" });
    await expect(client.call("status")).rejects.toMatchObject({ code: "SLUICE_WIRE_CLOSED" });
    expect(await states).toEqual(["connecting", "waiting", "connecting", "waiting", "connecting", "closed"]);
  });

  it("should not try again when its token is refused", async () => {
    await using transport = await serveTransport({ chat: () => {} });
    await using cutter = await Cutter.before(transport);
    await using client = clientOf(cutter.url, { token: "wrong" });
    await expect(client.ready()).rejects.toMatchObject({ code: "SLUICE_WIRE_AUTH" });
    expect(await lastValueFrom(client.state$, { defaultValue: "closed" })).toBe("closed");
    expect(cutter.connections).toBe(1);
  });

  it("should refuse more messages than its queue holds", async () => {
    const transport = await serveTransport({ chat: () => {} });
    await transport[Symbol.asyncDispose]();
    await using client = clientOf(transport.url, { queue: 2, retryDelay: 60_000 });
    const waiting = [client.call("status"), client.call("status")].map((call) => call.catch(({ code }) => code));
    await expect(client.call("status")).rejects.toMatchObject({ code: "SLUICE_WIRE_SEND" });
    client.close();
    expect(await Promise.all(waiting)).toEqual(["SLUICE_WIRE_CLOSED", "SLUICE_WIRE_CLOSED"]);
  });

  it("should bear frames that are no frames, and time out on an answer that does not come", async () => {
    await using server = await mute([
      5,
      "[",
      "{}",
      '{"t":"event"}',
      '{"t":"news"}',
      '{"t":"part","part":1,"index":3,"count":4,"text":""}',
    ]);
    await using client = clientOf(server.url, { timeout: 200 });
    const faults: string[] = [];
    client.errors$.subscribe(({ code }) => faults.push(code));
    await client.ready();
    await expect(client.call("status")).rejects.toMatchObject({ code: "SLUICE_WIRE_TIMEOUT", retryable: true });
    expect(faults).toEqual(Array(5).fill("SLUICE_WIRE_PARSE"));
  });

  it("should connect again when nothing comes for two and a half beats", async () => {
    await using server = await mute([], 20);
    await using client = clientOf(server.url);
    await firstValueFrom(client.state$.pipe(filter((state) => state === "waiting")));
    await client.ready();
    expect(server.connections()).toBeGreaterThan(1);
  });

  it("should refuse a message that is larger than a frame, and go on", async () => {
    await using transport = await serveTransport({ chat: (run) => run.end() });
    await using client = clientOf(transport.url);
    await client.ready();
    const large = client.run("chat", "x".repeat(1024 * 1024));
    await expect(lastValueFrom(large)).rejects.toMatchObject({ code: "SLUICE_WIRE_SEND", retryable: false });
    expect((await lastValueFrom(client.run("chat", "small"))).type).toBe("run-end");
  });
});

/** A server that welcomes, sends some frames and answers nothing. */
async function mute(frames: readonly unknown[], heartbeat = 15_000) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    socket.once("message", () => {
      const who = { name: "mute", version: "0", host: "mute", boot: "1" };
      socket.send(JSON.stringify({ t: "welcome", server: who, limits: { frame: 1e6 }, heartbeat }));
      for (const frame of frames) socket.send(String(frame));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as { port: number }).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function textIn(run: FakeRun): string {
  return "text" in run.options.input ? run.options.input.text : "";
}

function checkRun(events: readonly RunEvent[], texts: readonly string[]): void {
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: texts.length + 2 }, (_, index) => index + 1));
  expect(events.flatMap((event) => (event.type === "text-delta" ? [event.data.text] : []))).toEqual(texts);
  expect(events.filter(({ type }) => type === "run-end").length).toBe(1);
}

function handles(kind: string): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => name === kind);
}
