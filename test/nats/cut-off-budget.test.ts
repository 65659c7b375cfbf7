import { describe, expect, it } from "vitest";
import { clusterHost, eventually, reached, untilSeen, whole } from "./cluster-kit.ts";
import { CutLink } from "./cut-link.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const tokens = 2_500;
const mine = { input: { text: "go" }, owner: "wire:me" };
/** Some 100 tokens a second. */
const long = { text: "Words and words. ".repeat(400), chunk: 8, delay: "20ms" };

describe.skipIf(natsServer === undefined)("the budget of a client at a host that is cut off", () => {
  it("should spend nothing of a client's budget that it has not drawn, while others spend the rest", async () => {
    const server = await TestNats.start();
    const link = await CutLink.to(server.url);
    const config = { silence: "60s", repeat: true, budgets: { client: { tokens, per: "1h" } } };
    const behind = await clusterHost(link.url, { ...config, script: [long], capacity: 2 });
    const other = await clusterHost(server.url, { ...config, capacity: 0 });
    await untilSeen(other, 2);
    const here = behind.runs.open({ ...mine, session: "talk" }).run;
    await reached(other, here, 5);
    link.cut("dropped");
    const third = await clusterHost(server.url, { ...config, script: ["Words and words. ".repeat(50)], delay: "0ms" });
    await untilSeen(other, 2);
    let status = "ok";
    while (status === "ok") status = (await third.runs.open(mine).done).data.status;
    expect(status).toBe("budget");
    await eventually(() => behind.runs.active === 0);
    const reading = whole(other, here);
    link.mend();
    const error = (await reading).find(({ type }) => type === "error");
    expect(error?.data).toMatchObject({ code: "SLUICE_HOST_CUT_OFF", message: expect.stringContaining("is used up") });
    await eventually(async () => (await other.runs.list()).every(({ status }) => status !== "running"));
    const used = (await other.runs.list()).map(({ usage }) => (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0));
    expect(used.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(tokens);
    // Back again it draws as before, and nothing is left.
    expect((await behind.runs.open({ ...mine, session: "talk" }).done).data.status).toBe("budget");
    const somebody = behind.runs.open({ ...mine, owner: "wire:somebody", session: "other" });
    await reached(other, somebody.run, 5);
    somebody.cancel();
    expect((await somebody.done).data.status).toBe("cancelled");
  });
});
