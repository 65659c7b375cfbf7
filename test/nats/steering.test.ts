import { describe, expect, it } from "vitest";
import { eventually, untilSeen } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";
import { all, clientAt, has, served, waiting } from "./steering-kit.ts";

describe.skipIf(natsServer === undefined)("a run of another host, steered over the wire", () => {
  it("should be approved, once, and go on to its end", async () => {
    const { client, run, events, having } = await waiting();
    expect(having.runs.active).toBe(1);
    await client.input(run, { kind: "approval", approved: true });
    await expect(client.input(run, { kind: "approval", approved: true })).rejects.toMatchObject({
      code: "SLUICE_RUN_NOT_WAITING",
    });
    const told = await events;
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.filter(({ type }) => type === "approval-response")).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    await expect(client.input(run, { kind: "approval", approved: true })).rejects.toMatchObject({ retryable: false });
  });

  it("should be cancelled and interrupted", async () => {
    const { client, run, events, asked } = await waiting({ box: [{ stdout: "begun\n", hang: true }] });
    // Nothing runs yet that could be interrupted.
    expect(await client.interrupt(run)).toBe(false);
    await client.input(run, { kind: "approval", approved: true });
    await eventually(() => has(asked, run, "exec-stdout"));
    expect(await client.interrupt(run)).toBe(true);
    await eventually(() => has(asked, run, "exec-end"));
    await client.cancel(run);
    expect((await events).at(-1)).toMatchObject({ type: "run-end" });
  });

  it("should be approved by a client whose host was started anew meanwhile", async () => {
    const { client, run, events, asked, again } = await waiting();
    await asked.close({ drain: 0 });
    const anew = await again();
    await untilSeen(anew, 2);
    await client.ready();
    await client.input(run, { kind: "approval", approved: true });
    const told = await events;
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
  });

  it("should take no answer while it waits for a host, and no interrupt", async () => {
    const server = await TestNats.start();
    const asked = await served(server.url, { capacity: 0, port: 0 });
    const client = clientAt(asked);
    const stream = client.run("chat", "go", { interactive: true });
    const events = all(stream);
    const run = await stream.opened;
    await eventually(async () => (await asked.cluster?.waiting()) === 1);
    const refused = client.input(run, { kind: "approval", approved: true });
    await expect(refused).rejects.toMatchObject({ code: "SLUICE_RUN_NOT_WAITING" });
    expect(await client.interrupt(run)).toBe(false);
    await client.cancel(run);
    expect((await events).at(-1)).toMatchObject({ data: { status: "cancelled" } });
  });
});
