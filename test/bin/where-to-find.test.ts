import { describe, expect, it } from "vitest";
import { whereToFind } from "../../bin/host/serve.ts";
import { createHost } from "../../core/index.ts";
import { temporaryHome } from "../core/host/temporary-home.ts";

const custom = new URL("../fixtures/custom/", import.meta.url).pathname;
const own = "a token of its own, long";

async function found(transports: Record<string, unknown>) {
  using home = temporaryHome();
  const plugins = { http: { use: "./mounts" }, box: { use: "llm-scripted", with: { script: ["x"] } }, ...transports };
  await using host = await createHost({
    ...{ config: { version: 1, plugins, flows: { chat: "box", run: "box" } } },
    ...{ cwd: custom, env: home.env, transports: true, store: false },
  });
  return { ...whereToFind(host), info: host.info.token };
}

describe("what host.json says", () => {
  const alone = ["lmc", "mcp", "openai-api", "web-monitor"];
  it.each(alone)("should have the host's token where %s is the only transport", async (use) => {
    const { address, url, token, info } = await found({ t: { use } });
    expect(address).toMatch(/^http:/);
    expect(url).toBeNull();
    expect(token).toBe(info);
    expect(token.length).toBeGreaterThanOrEqual(32);
  });

  it("should have the token that the wire asks for", async () => {
    const plain = await found({ t: { use: "websocket" } });
    expect(plain.token).toBe(plain.info);
    expect(await found({ t: { use: "websocket", with: { token: own } } })).toMatchObject({ token: own });
    expect(await found({ l: { use: "lmc" }, t: { use: "websocket", with: { token: own } } })).toMatchObject({
      token: own,
    });
  });

  it("should have a token also where nothing listens", async () => {
    const { address, url, token, info } = await found({ t: { use: "./outward" } });
    expect([address, url, token]).toEqual([null, null, info]);
    expect(info).toBeTypeOf("string");
  });

  it("should not be written where nobody could reach the host", async () => {
    await expect(found({})).rejects.toMatchObject({ code: "SLUICE_HOST_UNAVAILABLE" });
  });
});
