import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHost, type Host } from "../../core/index.ts";
import { eventually, seqs, upTo, whole } from "./cluster-kit.ts";
import { ExampleNats, passwords } from "./example-nats.ts";
import { natsServer } from "./nats-server.ts";

describe.skipIf(natsServer === undefined)("NATS with the rights of the example", () => {
  let example: ExampleNats;
  const hosts: Host[] = [];

  beforeAll(async () => {
    example = await ExampleNats.start();
  });
  afterAll(async () => {
    for (const host of hosts) await host.close({ drain: 0 });
    await example?.remove();
  });

  const connected = (user: "alpha" | "beta"): Promise<NatsConnection> =>
    connect({ servers: example.urls, user, pass: passwords[user], tls: example.filesOf(user), reconnect: false });

  async function host(user: "alpha" | "beta", capacity: number): Promise<Host> {
    const made = await createHost({
      transports: true,
      env: { SLUICE_HOME: join(example.folder, `home-${user}`) },
      config: {
        version: 1,
        plugins: {
          store: {
            use: "store-nats",
            with: { servers: example.urls, user, password: passwords[user], tls: example.tlsOf(user), replicas: 3 },
          },
          queue: { use: "queue-nats", with: { store: "store", capacity, name: user } },
          words: { use: "llm-scripted", with: { script: ["Here."], repeat: true } },
        },
        flows: { chat: "words" },
      },
    });
    hosts.push(made);
    return made;
  }

  it("should be all that hosts need: runs, sessions, large inputs, settings, what each has", async () => {
    const alpha = await host("alpha", 0);
    const beta = await host("beta", 2);
    await eventually(() => alpha.cluster?.hosts.some(({ name }) => name === "beta") ?? false);
    for (const text of ["short", "long ".repeat(300_000)]) {
      const handle = alpha.runs.open({ input: { text } });
      expect((await handle.done).data.status).toBe("ok");
      const events = await whole(alpha, handle.run);
      expect(seqs(events)).toEqual(upTo(events.length));
    }
    const talk = beta.runs.open({ input: { text: "hi" }, session: "talk", owner: "me" });
    expect((await talk.done).data.status).toBe("ok");
    expect((await alpha.runs.open({ input: { text: "and?" }, session: "talk", owner: "me" }).done).data.status).toBe(
      "ok",
    );
    const changed = await alpha.operation.setAt("all", "words", { delay: "1ms" }, "me");
    expect(changed.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect((await alpha.operation.hosts()).hosts.every(({ use }) => use !== undefined)).toBe(true);
    expect(await alpha.runs.list()).toHaveLength(4);
  });

  it("should refuse the same user everything else", async () => {
    const connection = await connected("alpha");
    const denied: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === "error") denied.push(status.error.message);
    })();
    connection.publish("other.subject", "x");
    connection.publish("sluice.elsewhere", "x");
    connection.subscribe("sluice.j.*", { callback: () => undefined });
    connection.subscribe(">", { callback: () => undefined });
    await connection.flush();
    await eventually(() => denied.length >= 4);
    expect(denied.every((each) => /permissions violation/i.test(each))).toBe(true);
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 500 });
    await expect(manager.streams.delete("sluice-journal")).rejects.toThrow();
    await expect(manager.streams.add({ name: "other", subjects: ["other.>"] })).rejects.toThrow();
    await connection.close();
  });

  it("should keep serving hosts when one of three servers dies", async () => {
    const host = hosts[0] as Host;
    await example.servers[2]?.kill();
    await eventually(async () => (await host.runs.open({ input: { text: "still?" } }).done).data.status === "ok");
  });

  it("should let no host in as a server, which would have all rights", async () => {
    const { said } = await example.rogue("alpha");
    await eventually(() => /Router connection closed/.test(said()));
    expect(said()).not.toMatch(/JetStream cluster new .*leader/);
    await eventually(() =>
      example.servers.some((server) => /Authorization Violation|authentication error/i.test(server.said)),
    );
  });

  it("should hear nobody without a certificate or with another password", async () => {
    const { caFile } = example.filesOf("alpha");
    const refused = { servers: example.urls, reconnect: false, timeout: 20_000 };
    await expect(connect({ ...refused, user: "alpha", pass: passwords.alpha, tls: { caFile } })).rejects.toThrow();
    await expect(
      connect({ ...refused, user: "alpha", pass: "wrong", tls: example.filesOf("alpha") }),
    ).rejects.toThrow();
  });
});
