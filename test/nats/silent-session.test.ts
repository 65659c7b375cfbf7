import { describe, expect, it } from "vitest";
import { clusterConfig, clusterHost, eventually, hostProcess, untilSeen } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };

describe.skipIf(natsServer === undefined)("a session of a host that was silent", () => {
  it("should be one again where another host took it meanwhile", async () => {
    const server = await TestNats.start();
    const other = await clusterHost(server.url, { script: ["Said."] });
    const silent = await hostProcess(clusterConfig(server.url, { script: ["Said."] }));
    await silent.open({ input, session: "talk" });
    await eventually(async () => (await other.sessions.all()).length === 1);
    silent.child.kill("SIGSTOP");
    await eventually(async () => (await other.cluster?.sessions.holder("talk")) === undefined);
    expect((await other.runs.open({ input, session: "talk" }).done).data.status).toBe("ok");
    silent.child.kill("SIGCONT");
    await untilSeen(other, 2);
    await eventually(async () => (await other.sessions.all()).length === 1);
    expect(await other.sessions.all()).toMatchObject([{ session: "talk", runs: 1 }]);
    expect(other.sessions.list()).toHaveLength(1);
  });
});
