import { describe, expect, it } from "vitest";
import { eventually } from "./cluster-kit.ts";
import type { Cut } from "./cut-link.ts";
import { natsServer } from "./nats-server.ts";
import { waiting } from "./steering-kit.ts";

describe.skipIf(natsServer === undefined)("a run of another host that is steered while a link is cut", () => {
  it.each<Cut>(["dropped", "stalled"])(
    "should say that its host cannot be reached where its link is %s",
    async (how) => {
      const { link, client, run, events } = await waiting({ silence: "60s" });
      link.cut(how);
      const unreachable = { code: "SLUICE_HOST_UNAVAILABLE", retryable: true };
      await expect(client.input(run, { kind: "approval", approved: true })).rejects.toMatchObject(unreachable);
      if (how === "dropped") await expect(client.interrupt(run)).rejects.toMatchObject(unreachable);
      // What is cancelled is cancelled when its host is back.
      await client.cancel(run);
      link.mend();
      expect((await events).at(-1)).toMatchObject({ type: "run-end", data: { status: "cancelled" } });
    },
  );

  it("should be refused with a reason where the host that is asked is cut off itself", async () => {
    const { server, client, run, asked } = await waiting({ silence: "60s" });
    await server.kill();
    await eventually(() => asked.operation.hosts().then(({ cutOff }) => cutOff !== undefined));
    await expect(client.input(run, { kind: "approval", approved: true })).rejects.toMatchObject({
      code: "SLUICE_HOST_CUT_OFF",
    });
    await server.start();
    await eventually(() =>
      client.input(run, { kind: "approval", approved: true }).then(
        () => true,
        () => false,
      ),
    );
  });
});
