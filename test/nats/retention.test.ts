import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heldRunsStay, kept, keptRuns, pruned } from "../plugins/hold-cases.ts";
import { runOf } from "../plugins/store-sqlite/store-kit.ts";
import { eventually } from "./cluster-kit.ts";
import { CutLink } from "./cut-link.ts";
import { openNatsStore } from "./nats-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

describe.skipIf(natsServer === undefined)("retention of store-nats", () => {
  let server: TestNats;
  beforeAll(async () => {
    server = await TestNats.start([], { owned: false });
  });
  afterAll(() => server.remove());

  it("should leave runs alone that any host reads, as every store, and take them then", async () => {
    const config = { name: "held", keepRuns: keptRuns, silence: 2_000 };
    await heldRunsStay(await openNatsStore(server.url, config), await openNatsStore(server.url, config));
  });

  it("should not keep what a host held that is gone, and delete nothing while one that lives is silent", async () => {
    const link = await CutLink.to(server.url);
    const config = { name: "gone", keepRuns: keptRuns, silence: 2_000 };
    const [one, reader] = [await openNatsStore(server.url, config), await openNatsStore(link.url, config)];
    await one.append(runOf("r0", 3));
    reader.hold("r0");
    await eventually(() => one.clusterLink.hosts.length === 2);
    await pruned(one);
    expect(await kept(one)).toContain("r0");
    link.cut("dropped");
    await eventually(() => one.clusterLink.hosts.length === 1);
    await pruned(one);
    await expect.poll(() => kept(one), { timeout: 60_000 }).not.toContain("r0");
  });
});
