import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { HostEvent } from "../../../core/contract/index.ts";
import { createHost } from "../../../core/index.ts";
import { temporaryHome } from "./temporary-home.ts";

describe("a port that is taken", () => {
  it("should be told by one of the transports that want it, and be the error of the start", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const wanted = ["websocket", "lmc", "mcp", "openai-api", "web-monitor"];
    const listen = `127.0.0.1:${port}`;
    const transports = Object.fromEntries(wanted.map((use) => [use, { use, with: { listen } }]));
    const plugins = { ...transports, a: { use: "llm-scripted", with: { script: ["x"] } } };
    const events: HostEvent[] = [];
    using home = temporaryHome();
    const starting = createHost({
      ...{ config: { version: 1, plugins, flows: { chat: "a", run: "a" } }, env: home.env },
      ...{ transports: true, store: false, onEvent: (event) => events.push(event) },
    });
    await expect(starting).rejects.toMatchObject({ code: "SLUICE_PORT_TAKEN" });
    other.close();
    const failed = events.filter((event) => event.type === "plugin-status" && event.data.status === "failed");
    expect(failed).toHaveLength(1);
    expect(failed).toMatchObject([{ data: { told: true } }]);
    expect(events.filter((event) => JSON.stringify(event).includes("is in use"))).toEqual(failed);
  });
});
