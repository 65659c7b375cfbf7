import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import { createHost } from "../../../core/index.ts";
import { clientOf } from "../../core/client/client-kit.ts";
import { TestSocket } from "./websocket-kit.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sluice-wire-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const start = (listen = "127.0.0.1:0") =>
  createHost({
    config: {
      version: 1,
      plugins: {
        actor: {
          use: "llm-scripted",
          with: { script: [{ when: "hang", text: "waiting", hang: true }, "Hello there, reader."] },
        },
        transport: { use: "websocket", with: { listen } },
      },
      flows: { chat: "actor" },
    },
    cwd: home,
    env: { SLUICE_HOME: home },
    transports: true,
  });

const addressOf = (host: { readonly addresses: readonly string[] }) => host.addresses[0] ?? "";
const textOf = (events: readonly RunEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("");

describe("the websocket transport of a real host", () => {
  it("should carry a flow's run from its input to its end", async () => {
    await using host = await start();
    await using client = clientOf(addressOf(host), { token: host.info.token ?? "" });
    const events = await lastValueFrom(client.run("chat", "hi").pipe(toArray()));
    expect(textOf(events)).toBe("Hello there, reader.");
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const { runs } = await client.call<{ runs: { run: string; status: string }[] }>("runs.list");
    expect(runs).toMatchObject([{ run: events[0]?.run, status: "ok" }]);
  });

  it("should tell a client that is further than the run ever was, and leave it in no silence", async () => {
    await using host = await start();
    await using client = clientOf(addressOf(host), { token: host.info.token ?? "" });
    const [first] = await lastValueFrom(client.run("chat", "hi").pipe(toArray()));
    const beyond = lastValueFrom(client.follow(first?.run ?? "", 1_000).pipe(toArray()));
    await expect(beyond).rejects.toMatchObject({
      code: "SLUICE_WIRE_PROTOCOL",
      message: expect.stringContaining("1000"),
    });
  });

  it("should carry frames that their schemas accept", async () => {
    await using host = await start();
    const headers = { authorization: `Bearer ${host.info.token}` };
    const url = addressOf(host).replace("http", "ws");
    const socket = await TestSocket.connect(url, { headers, hello: { token: undefined } });
    await socket.ask({ t: "open", id: "1", flow: "chat", input: { text: "hi" } });
    await socket.ended();
    for (const method of ["status", "flows", "models", "runs.list", "sessions.list"]) {
      expect((await socket.ask({ t: "call", id: method, method })).t).toBe("result");
    }
    socket.close();
  });

  it("should hold a run to the budget that its client gave", async () => {
    await using host = await start();
    await using client = clientOf(addressOf(host), { token: host.info.token ?? "" });
    const end = async (budget: { outputTokens?: number; time?: number }) =>
      (await lastValueFrom(client.run("chat", "hang", { budget }).pipe(toArray()))).at(-1);
    expect(await end({ outputTokens: 1 })).toMatchObject({ type: "run-end", data: { status: "budget" } });
    expect(await end({ time: 50 })).toMatchObject({ type: "run-end", data: { status: "timeout" } });
  });

  it("should tell every client how its run ended when the host stops in the middle of ten", async () => {
    const host = await start();
    await using client = clientOf(addressOf(host), { token: host.info.token ?? "" });
    const streams = Array.from({ length: 10 }, () => client.run("chat", "hang"));
    const reading = streams.map((stream) => lastValueFrom(stream.pipe(toArray())));
    await Promise.all(streams.map(({ opened }) => opened));
    await host.close({ drain: 100 });
    for (const events of await Promise.all(reading)) {
      expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "cancelled" } });
      expect(events.filter(({ type }) => type === "run-end").length).toBe(1);
    }
  });

  it("should let a client that was away read the rest from the next host", async () => {
    const first = await start();
    const address = addressOf(first);
    const reader = clientOf(address, { token: first.info.token ?? "" });
    const run = await reader.run("chat", "hang", { keep: true }).opened;
    reader.close();
    await first.close({ drain: 0 });
    await using second = await start(new URL(address).host);
    await using client = clientOf(address, { token: second.info.token ?? "" });
    const events = await lastValueFrom(client.follow(run, 1).pipe(toArray()));
    expect(events[0]?.seq).toBe(2);
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "cancelled" } });
  });
});
