import { firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Host } from "../../core/index.ts";
import { eventually, seqs, upTo, whole, words } from "./cluster-kit.ts";
import type { Cut } from "./cut-link.ts";
import { natsServer } from "./nats-server.ts";
import { parted } from "./parted-kit.ts";

const input = { text: "go" };
const statusOf = async (host: Host, id: string) =>
  (await firstValueFrom(host.status$)).find((each) => each.id === id)?.status;

describe.skipIf(natsServer === undefined)("a host that is cut off", () => {
  it.each<Cut>(["dropped", "reset"])(
    "should go on, take nothing new, and tell all when its %s link is mended",
    async (how) => {
      const { link, behind, other, handle } = await parted({ silence: "30s", script: [words, words] });
      const [here, there] = [whole(behind, handle.run), whole(other, handle.run)];
      link.cut(how);
      await eventually(() => behind.journal.cutOff);
      await eventually(async () => (await statusOf(behind, "store")) === "degraded");
      const refused = expect.objectContaining({ code: "SLUICE_HOST_CUT_OFF" });
      expect(() => behind.runs.open({ input, session: "new" })).toThrow(refused);
      expect(() => behind.runs.open({ input })).toThrow(refused);
      // Its own sessions go on.
      const more = behind.runs.open({ input, session: "talk" });
      link.mend();
      const events = await here;
      expect(seqs(events)).toEqual(upTo(events.length));
      expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
      expect(await there).toEqual(events);
      more.cancel();
      const last = (await whole(other, more.run)).at(-1);
      expect(last).toMatchObject({ type: "run-end", data: { status: "cancelled" } });
      expect(await statusOf(behind, "store")).toBe("ok");
    },
  );
});
