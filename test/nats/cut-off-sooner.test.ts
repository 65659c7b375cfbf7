import { firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Host } from "../../core/index.ts";
import { clusterHost, eventually, reached, seqs, upTo, whole, words } from "./cluster-kit.ts";
import { type Cut, CutLink } from "./cut-link.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };
const storeOf = async (host: Host) => (await firstValueFrom(host.status$)).find(({ id }) => id === "store");
const refused = expect.objectContaining({ code: "SLUICE_HOST_CUT_OFF" });

describe.skipIf(natsServer === undefined)("a host whose link breaks", () => {
  it.each<Cut>(["dropped", "reset", "stalled"])(
    "should refuse new runs though it writes nothing, and take them again, where its link is %s",
    async (how) => {
      const server = await TestNats.start();
      const link = await CutLink.to(server.url);
      const host = await clusterHost(link.url, { silence: "30s", script: ["Hello."], repeat: true });
      link.cut(how);
      await eventually(() => host.journal.cutOff);
      expect((await storeOf(host))?.status).toBe("degraded");
      expect(() => host.runs.open({ input })).toThrow(refused);
      expect(() => host.runs.open({ input, session: "new" })).toThrow(refused);
      link.mend();
      await eventually(() => !host.journal.cutOff);
      expect((await storeOf(host))?.status).toBe("ok");
      expect((await whole(host, host.runs.open({ input }).run)).at(-1)).toMatchObject({ data: { status: "ok" } });
    },
  );

  it("should refuse nobody while its link is away for a moment, with runs under way", async () => {
    const server = await TestNats.start();
    const link = await CutLink.to(server.url);
    const host = await clusterHost(link.url, { silence: "30s", script: [words], repeat: true });
    const live = host.runs.open({ input });
    await reached(host, live.run, 5);
    link.cut("reset");
    // Its events cannot be written, and wait.
    await eventually(() => host.journal.waiting > 0);
    const more = host.runs.open({ input });
    link.mend();
    for (const { run } of [live, more]) {
      const events = await whole(host, run);
      expect(seqs(events)).toEqual(upTo(events.length));
      expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    }
  });
});
