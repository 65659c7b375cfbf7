import { describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const profile = `version: 1
plugins:
  actor: { use: llm-scripted }
  transport: { use: websocket, with: { listen: "127.0.0.1:0" } }
  monitor: { use: web-monitor, with: { listen: "127.0.0.1:0", role: operate } }
flows: { chat: actor }
`;

describe("sluice monitor", () => {
  it("should say what to do when no host is up", async () => {
    await using place = new Place(profile);
    const { code, stderr } = await place.run(["monitor"]);
    expect(code).toBe(69);
    expect(stderr).toContain("sluice up");
  });

  it("should print a link that works once, and grants no more than the profile does", async () => {
    await using place = new Place(profile);
    const { address } = await place.up();
    const { stdout, code } = await place.run(["monitor", "--role", "read", "--json"]);
    expect(code).toBe(0);
    const { link, expires } = JSON.parse(stdout) as { link: string; expires: string };
    expect(link.startsWith(`${address}/monitor/#token=`)).toBe(true);
    expect(Date.parse(expires)).toBeGreaterThan(Date.now());
    const signIn = () =>
      fetch(`${address}/monitor/api/session`, {
        method: "POST",
        body: JSON.stringify({ token: new URL(link).hash.slice("#token=".length) }),
      });
    const first = await signIn();
    expect(first.status).toBe(200);
    const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const session = await fetch(`${address}/monitor/api/session`, { headers: { cookie } });
    expect(await session.json()).toMatchObject({ role: "read" });
    expect((await signIn()).status).toBe(401);
    const page = await fetch(`${address}/monitor/`);
    expect(await page.text()).toContain('<div id="root">');
    const more = await place.run(["monitor", "--role", "configure"]);
    expect(more.code).not.toBe(0);
    expect(more.stderr).toContain("links of this page grant operate at most");
  });

  it("should name the profile when it has no page", async () => {
    await using place = new Place(profile.replace(/ {2}monitor:.*\n/, ""));
    await place.up();
    const { code, stderr } = await place.run(["monitor"]);
    expect(code).toBe(69);
    expect(stderr).toContain("use: web-monitor");
  });
});
