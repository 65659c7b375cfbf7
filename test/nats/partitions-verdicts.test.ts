import { describe, expect, it } from "vitest";
import { clusterHost, eventually, seqs, untilSeen, upTo, whole } from "./cluster-kit.ts";
import { CutLink } from "./cut-link.ts";
import { natsServer, TestNats } from "./nats-server.ts";
import { lastOf, parted } from "./parted-kit.ts";

const input = { text: "go" };

describe.skipIf(natsServer === undefined)("a host that is cut off, and what is judged meanwhile", () => {
  it("should invent no end where its link stalls until others have ended its run", async () => {
    const { link, behind, other, handle } = await parted({ delay: "200ms" });
    const [here, there] = [whole(behind, handle.run), whole(other, handle.run)];
    link.cut("stalled");
    const events = await there;
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
    link.mend();
    expect((await handle.done).data.status).toBe("lost");
    expect(await here).toEqual(events);
    expect(seqs(events)).toEqual(upTo(events.length));
  });

  it("should judge nobody dead, and end nothing of others", async () => {
    const server = await TestNats.start();
    const link = await CutLink.to(server.url);
    const behind = await clusterHost(link.url, { capacity: 0 });
    const other = await clusterHost(server.url, {});
    await untilSeen(behind, 2);
    const handle = other.runs.open({ input, session: "talk" });
    await eventually(async () => (await lastOf(behind, handle.run)) > 5);
    link.cut("dropped");
    // Longer than `silence`.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    link.mend();
    expect((await handle.done).data.status).toBe("ok");
    expect((await whole(behind, handle.run)).at(-1)).toMatchObject({ data: { status: "ok" } });
  });
});
