import { describe, expect, it } from "vitest";
import { startTestHost } from "../../../core/testing/index.ts";
import { ask, open, scripted, startHost, textOf } from "./hosts.ts";

describe("a server of Open Interpreter's protocol as a model", () => {
  it("should be one conversation for each session, over the transport of the other host", async () => {
    const other = await startTestHost({
      transports: true,
      store: false,
      config: {
        version: 1,
        plugins: {
          actor: scripted("First.", { expect: "two", text: "Second.", code: "1" }),
          lmc: { use: "lmc", with: { listen: "127.0.0.1:0", key: "key-for-tests" } },
        },
        flows: { chat: "actor" },
      },
    });
    open.push(other);
    const here = await startHost(
      {
        remote: {
          use: "llm-websocket",
          with: { url: other.host.addresses[0], protocol: "lmc", token: "key-for-tests" },
        },
      },
      { chat: "remote" },
    );
    expect(textOf(await ask(here, "one", "mine"))).toBe("First.");
    const second = await ask(here, "two", "mine");
    expect(textOf(second).trim()).toBe("Second.");
    expect(second.map(({ type }) => type)).toContain("code-delta");
    expect(textOf(await ask(here, "one", "yours"))).toBe("First.");
  });
});
