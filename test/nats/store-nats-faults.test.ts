import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { runOf } from "../plugins/store-sqlite/store-kit.ts";
import { clusterConfig, eventually, hostProcess, seqs, upTo, whole } from "./cluster-kit.ts";
import { openNatsStore } from "./nats-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const configOf = (url: string) => {
  const { queue: _queue, ...plugins } = clusterConfig(url).plugins;
  return { ...clusterConfig(url), plugins };
};

async function hostAt(url: string): Promise<Host> {
  const host = await createHost({ config: configOf(url) });
  onTestFinished(() => host.close({ drain: 0 }));
  return host;
}

describe.skipIf(natsServer === undefined)("hosts that share a store", () => {
  it("should end a run of a host that was killed, once, and tell every follower", async () => {
    const server = await TestNats.start();
    const [one, two] = [await hostAt(server.url), await hostAt(server.url)];
    const { child, open } = await hostProcess(configOf(server.url));
    const [run = ""] = await open({ input: { text: "go" } });
    await eventually(() => one.journal.has(run));
    const [first, second] = [whole(one, run), whole(two, run)];
    await eventually(async () => ((await one.runs.list({ run }))[0]?.lastSeq ?? 0) > 10);
    child.kill("SIGKILL");
    const events = await first;
    expect(seqs(events)).toEqual(upTo(events.length));
    expect(await second).toEqual(events);
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
    expect(await one.runs.list({ run })).toMatchObject([{ status: "lost", lastSeq: events.length }]);
  });

  it("should hold what happens while no server is there, and go on where it was", async () => {
    const server = await TestNats.start();
    const [one, two] = [await hostAt(server.url), await hostAt(server.url)];
    const handle = one.runs.open({ input: { text: "go" } });
    await eventually(() => two.journal.has(handle.run));
    const [here, there] = [whole(one, handle.run), whole(two, handle.run)];
    await eventually(async () => ((await two.runs.list({ run: handle.run }))[0]?.lastSeq ?? 0) > 10);
    await server.kill();
    await eventually(() => one.journal.cutOff);
    expect(() => one.runs.open({ input: { text: "more" }, session: "new" })).toThrow(/cannot be reached/);
    await server.start();
    const events = await here;
    expect(seqs(events)).toEqual(upTo(events.length));
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    expect(await there).toEqual(events);
  });

  it.each(["purged", "deleted"])("should give a stream that was %s all that memory has", async (how) => {
    const server = await TestNats.start();
    const one = await hostAt(server.url);
    const other = await openNatsStore(server.url, { silence: 3_000 });
    const handle = one.runs.open({ input: { text: "go" } });
    await eventually(async () => (await other.read(handle.run, 0, 100)).length > 10);
    await using connection = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(connection);
    if (how === "purged") await streams.purge("sluice-journal");
    else await streams.delete("sluice-journal");
    await handle.done;
    const events = await whole(one, handle.run);
    expect(seqs(events)).toEqual(upTo(events.length));
    expect(await other.read(handle.run, 0, 10_000)).toEqual(events);
  });

  it("should end its own part of a run that another host has ended, and show that end", async () => {
    const server = await TestNats.start();
    const one = await hostAt(server.url);
    const other = await openNatsStore(server.url, { silence: 3_000 });
    const handle = one.runs.open({ input: { text: "go" } });
    const reading = whole(one, handle.run);
    for (;;) {
      const last = (await other.runs({ run: handle.run }))[0]?.lastSeq ?? 0;
      const end = { ...runOf(handle.run, 0).at(-1), seq: last + 1 } as RunEvent;
      // Its own host may have written meanwhile.
      if (
        last > 3 &&
        (await other.append([end]).then(
          () => true,
          () => false,
        ))
      )
        break;
    }
    expect((await handle.done).data.status).toBe("lost");
    const events = await reading;
    expect(seqs(events)).toEqual(upTo(events.length));
    expect(events.filter(({ type }) => type === "run-end")).toHaveLength(1);
    expect(await other.read(handle.run, 0, 10_000)).toEqual(events);
  });
});
