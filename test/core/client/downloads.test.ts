import { describe, expect, it } from "vitest";
import type { SluiceClient } from "../../../core/client/index.ts";
import { serveTransport, type Transport } from "../../plugins/websocket/websocket-kit.ts";
import { Cutter, clientOf } from "./client-kit.ts";

const large = Buffer.from(Array.from({ length: 2 * 1024 * 1024 + 1 }, (_, index) => (index * 7919) % 251));
const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

/** Does something when the file has been read so many times. */
function onRead(transport: Transport, act: (count: number) => void): void {
  const { get } = transport.host.sessions;
  let count = 0;
  transport.host.sessions.get = async (session, path) => {
    const content = await get(session, path);
    count += 1;
    act(count);
    return content;
  };
}

async function begun(transport: Transport, client: SluiceClient, content: Uint8Array): Promise<void> {
  await client.run("chat", "x", { session: "s" }).opened;
  await transport.host.sessions.put("s", [{ path: "a.bin", content }]);
}

describe("the client and files that it fetches", () => {
  it.each([0, 1, 512 * 1024, 512 * 1024 + 1, large.length])("should have a file of %i bytes whole", async (size) => {
    await using transport = await serveTransport({ chat: (run) => run.end() });
    await using client = clientOf(transport.url);
    await begun(transport, client, large.subarray(0, size));
    let reads = 0;
    onRead(transport, (count) => {
      reads = count;
    });
    expect(same(await client.file({ session: "s" }, "a.bin"), large.subarray(0, size))).toBe(true);
    expect(reads).toBe(1);
  });

  it("should have several at once, of a session and of a run", async () => {
    await using transport = await serveTransport({ chat: () => {} });
    await using client = clientOf(transport.url);
    await begun(transport, client, large);
    const run = transport.host.all.get("run-1");
    if (run !== undefined) run.file = async () => large.subarray(1);
    const places = [{ session: "s" }, { run: "run-1" }, { session: "s" }] as const;
    const [first, second, third] = await Promise.all(places.map((place) => client.file(place, "a.bin")));
    expect(same(first ?? large, large) && same(third ?? large, large)).toBe(true);
    expect(same(second ?? large, large.subarray(1))).toBe(true);
  });

  it("should begin again after the connection broke, and take nothing of the old version", async () => {
    await using transport = await serveTransport({ chat: (run) => run.end() });
    await using cutter = await Cutter.before(transport);
    await using client = clientOf(cutter.url);
    await begun(transport, client, large);
    const next = Buffer.from(large).reverse();
    let answers = 0;
    const { call } = client;
    client.call = async (method, params) => {
      const answer = await call.call(client, method, params);
      answers += 1;
      if (answers === 2) {
        await transport.host.sessions.put("s", [{ path: "a.bin", content: next }]);
        cutter.cut();
      }
      return answer as never;
    };
    expect(same(await client.file({ session: "s" }, "a.bin"), next)).toBe(true);
    expect(cutter.connections).toBe(2);
  });

  it("should reject with the host's typed error where there is no such file, or it is beyond the bound", async () => {
    await using transport = await serveTransport(
      { chat: (run) => run.end() },
      { limits: { download: large.length - 1 } },
    );
    await using client = clientOf(transport.url);
    await begun(transport, client, large);
    await expect(client.file({ session: "s" }, "none")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
    await expect(client.file({ session: "s" }, "a.bin")).rejects.toMatchObject({ code: "SLUICE_FILE_TOO_LARGE" });
  });

  it("should give up where the host forgets it each time", async () => {
    await using transport = await serveTransport({ chat: (run) => run.end() }, { stall: 1 });
    await using client = clientOf(transport.url);
    await begun(transport, client, large);
    // Whoever waits longer than the host does finds nothing.
    let reads = 0;
    onRead(transport, (count) => {
      reads = count;
    });
    const { call } = client;
    client.call = async (method, params) => {
      const answer = await call.call(client, method, params);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return answer as never;
    };
    await expect(client.file({ session: "s" }, "a.bin")).rejects.toMatchObject({ code: "SLUICE_WIRE_DOWNLOAD" });
    expect(reads).toBe(4);
  });
});
