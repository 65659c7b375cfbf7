import { afterAll, beforeAll, describe, it } from "vitest";
import { contractSuite, lifecycleSuite } from "../../core/testing/index.ts";
import { withNats } from "../contract/plugin-subjects.ts";
import { freePort, natsServer, TestNats } from "./nats-server.ts";

describe.skipIf(natsServer === undefined)("plugins of clusters with a real server", async () => {
  const port = await freePort();
  let server: TestNats;
  beforeAll(async () => {
    server = await TestNats.start([], { owned: false, port });
  });
  afterAll(() => server.remove());

  for (const subject of withNats(`nats://127.0.0.1:${port}`)) {
    for (const { name, run } of lifecycleSuite({ ...subject, host: { cwd: "/tmp" } }))
      it(`${subject.use} ${name}`, run);
  }
  for (const { name, run } of contractSuite({
    kind: "store",
    use: "store-nats",
    config: { servers: [`nats://127.0.0.1:${port}`], name: "c" },
  }))
    it(`store-nats ${name}`, run);
});
