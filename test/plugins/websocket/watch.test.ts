import { firstValueFrom, take, toArray } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import type { WatchBatch } from "../../../core/client/index.ts";
import type { HostEvent } from "../../../core/contract/index.ts";
import { Cutter, clientOf } from "../../core/client/client-kit.ts";
import { serveTransport, type Transport, token } from "./websocket-kit.ts";

function say(transport: Transport, message: string, level: "info" | "warn" = "info", source = "box"): void {
  const event: HostEvent = { type: "log", time: new Date(0).toISOString(), source, data: { level, message } };
  transport.host.feed.push(event);
}

const messages = (batch: WatchBatch) =>
  batch.entries.map(({ event }) => (event["data"] as { message: string }).message);

describe("watching a host", () => {
  it("should bring the past that is asked for, then what comes", async () => {
    await using transport = await serveTransport({});
    for (const message of ["a", "b", "c"]) say(transport, message);
    await using client = clientOf(transport.url, { token });
    const batches = firstValueFrom(client.watch({ history: 2 }).pipe(take(2), toArray()));
    await client.ready();
    await client.call("status");
    say(transport, "d");
    const [past, live] = await batches;
    expect(past && messages(past)).toEqual(["b", "c"]);
    expect(live && messages(live)).toEqual(["d"]);
  });

  it("should filter on the host's side", async () => {
    await using transport = await serveTransport({});
    say(transport, "disk is full", "warn", "store");
    say(transport, "disk is fine", "info", "store");
    say(transport, "disk is full", "warn", "box");
    await using client = clientOf(transport.url, { token });
    const filter = { level: "warn" as const, sources: ["st*"], text: ["DISK"] };
    const past = await firstValueFrom(client.watch({ history: 10, filter }));
    expect(past.entries).toHaveLength(1);
  });

  it("should leave out what comes too fast, and say how much that was", async () => {
    await using transport = await serveTransport({});
    await using client = clientOf(transport.url, { token });
    const batch = firstValueFrom(client.watch());
    await client.ready();
    await client.call("status");
    for (let index = 0; index < 5_000; index += 1) say(transport, String(index));
    const { entries, missing } = await batch;
    expect(entries.length + (missing ?? 0)).toBe(5_000);
    expect(entries.at(-1)?.seq).toBe(5_000);
    expect(entries.length).toBeLessThanOrEqual(50);
  });

  it("should count as missing only what its filter wants, however much else has come and gone", async () => {
    await using transport = await serveTransport({});
    await using client = clientOf(transport.url, { token });
    const filter = { sources: ["wanted"] };
    const batch = firstValueFrom(client.watch({ filter }));
    await client.ready();
    await client.call("status");
    for (let index = 0; index < 3; index += 1) say(transport, `early ${index}`, "info", "wanted");
    for (let index = 0; index < 25_000; index += 1) say(transport, String(index));
    say(transport, "late", "info", "wanted");
    const { entries, missing } = await batch;
    expect(entries.map(({ event }) => event["source"])).toEqual(["wanted"]);
    expect(missing).toBe(3);
    const next = firstValueFrom(client.watch({ filter }));
    await client.call("status");
    for (let index = 0; index < 25_000; index += 1) say(transport, String(index));
    say(transport, "again", "info", "wanted");
    expect((await next).missing).toBeUndefined();
  });

  it("should cut long lines and give them whole on request", async () => {
    await using transport = await serveTransport({});
    say(transport, "x".repeat(2_000_000));
    await using client = clientOf(transport.url, { token });
    const { entries } = await firstValueFrom(client.watch({ history: 1 }));
    expect(entries[0]).toMatchObject({ seq: 1, cut: true });
    expect(entries).toHaveProperty("0.event.data.message.length", 16 * 1024);
    const whole = await client.call<{ event: { data: { message: string } } }>("host.entry", { seq: 1 });
    expect(whole.event.data.message).toHaveLength(2_000_000);
  });

  it("should tell with a pulse how the host is", async () => {
    await using transport = await serveTransport({});
    say(transport, "a");
    await using client = clientOf(transport.url, { token });
    const { pulse } = await firstValueFrom(client.watch({ pulse: true }));
    expect(pulse).toMatchObject({ runs: 0, counts: { "box.log": 1 } });
    expect(pulse?.memory).toBeGreaterThan(0);
  });

  it("should go on after a reconnect where it stopped", async () => {
    await using transport = await serveTransport({});
    await using cutter = await Cutter.before(transport);
    await using client = clientOf(cutter.url);
    const seen: string[] = [];
    const states: string[] = [];
    client.state$.subscribe((state) => states.push(state));
    const last = new Promise<void>((resolve) => {
      client.watch().subscribe((batch) => {
        seen.push(...messages(batch));
        if (seen.includes("b")) resolve();
      });
    });
    await client.ready();
    await client.call("status");
    say(transport, "a");
    await vi.waitFor(() => expect(seen).toEqual(["a"]));
    cutter.cut();
    say(transport, "b");
    await last;
    expect(states).toContain("waiting");
    expect(seen).toEqual(["a", "b"]);
  });
});
