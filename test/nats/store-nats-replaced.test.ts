import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import type { Emission } from "../../core/contract/index.ts";
import { Journals } from "../../core/journal/journal.ts";
import { systemClock } from "../../core/kit/timing/system-clock.ts";
import { runOf } from "../plugins/store-sqlite/store-kit.ts";
import { openNatsStore } from "./nats-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

describe.skipIf(natsServer === undefined)("a stream that somebody empties", () => {
  it.each(["purged", "deleted"])("should be given what memory has when it is %s, and the rest is said", async (how) => {
    const server = await TestNats.start();
    await using journals = new Journals({ clock: systemClock, limits: { runEvents: 10, storeRetry: 100 } });
    journals.attach(await openNatsStore(server.url));
    journals.open("r1");
    const emissions = runOf("r1", 80) as readonly Emission[];
    for (const emission of emissions.slice(0, 60)) journals.append("r1", emission);
    await journals.flush();
    await using connection = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(connection);
    if (how === "purged") await streams.purge("sluice-journal");
    else await streams.delete("sluice-journal");
    for (const emission of emissions.slice(60)) journals.append("r1", emission);
    await expect.poll(() => journals.waiting, { timeout: 60_000 }).toBe(0);
    await using other = new Journals({ clock: systemClock });
    other.attach(await openNatsStore(server.url));
    const ranges: string[] = [];
    for await (const page of other.follow("r1")) {
      const seqs = page.kind === "gap" ? [page.from, page.to] : page.entries.map(({ event }) => event.seq);
      ranges.push(`${page.kind} ${seqs[0]}-${seqs.at(-1)}`);
    }
    expect(ranges).toEqual(["events 1-1", "gap 2-50", "events 51-82"]);
  });
});
