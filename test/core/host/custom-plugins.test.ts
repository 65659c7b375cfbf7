import { filter, firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import type { PluginStatus } from "../../../core/contract/event.ts";
import { createHost, type Host } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "./temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

function hostOf(plugins: Record<string, unknown>, flows: Record<string, unknown>, env: Record<string, string>) {
  return createHost({ config: { version: 1, plugins, flows }, cwd: custom, env });
}

async function say(host: Host, text: string, flow?: string): Promise<string> {
  const events = await collect(host.runs.open({ input: { text }, ...(flow === undefined ? {} : { flow }) }));
  expect(endOf(events).status).toBe("ok");
  return events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("");
}

async function statusOf(host: Host, id: string, wanted: PluginStatus): Promise<string | undefined> {
  const statuses = await firstValueFrom(
    host.status$.pipe(filter((all) => all.some((each) => each.id === id && each.status === wanted))),
  );
  return statuses.find((each) => each.id === id)?.reason;
}

describe("a plugin of somebody else", () => {
  it("should work from a folder in TypeScript, and get its configuration with defaults", async () => {
    using home = temporaryHome();
    await using host = await hostOf(
      { one: { use: "./shout" }, three: { use: "./shout", with: { marks: 3 } } },
      { chat: "one", loud: "three" },
      home.env,
    );
    expect(await say(host, "hello")).toBe("HELLO!");
    expect(await say(host, "hello", "loud")).toBe("HELLO!!!");
  });

  it("should work from a folder in plain JavaScript, as a stage of a flow", async () => {
    using home = temporaryHome();
    await using host = await hostOf(
      { one: { use: "./shout" }, quiet: { use: "./upper", with: { word: "SECRET" } } },
      { chat: ["one", "quiet"] },
      home.env,
    );
    expect(await say(host, "my secret")).toBe("MY ***!");
  });

  it("should work as a class with tsyringe's decorators, one object for each instance", async () => {
    using home = temporaryHome();
    await using host = await hostOf(
      { a: { use: "./counted" }, b: { use: "./counted", with: { from: 7 } } },
      { chat: "a", other: "b" },
      home.env,
    );
    expect([await say(host, "x"), await say(host, "x"), await say(host, "x", "other")]).toEqual([
      "Number 1.",
      "Number 2.",
      "Number 7.",
    ]);
  });
});

describe("a plugin that misbehaves", () => {
  const fine = { one: { use: "./shout" } };
  const flows = { chat: "one" };

  it.each(["create", "start"])("should fail the start with its name when it throws in %s", async (where) => {
    using home = temporaryHome();
    const bad = { use: "./thrower", with: { where }, onStartError: "fail" };
    const starting = hostOf({ ...fine, bad }, flows, home.env);
    await expect(starting).rejects.toMatchObject({
      message: expect.stringMatching(`bad could not .*thrown in ${where}`),
    });
  });

  it("should harm only itself when the profile says skip", async () => {
    using home = temporaryHome();
    const bad = { use: "./thrower", with: { where: "start" }, onStartError: "skip" };
    await using host = await hostOf({ ...fine, bad }, flows, home.env);
    expect(await statusOf(host, "bad", "failed")).toContain("thrown in start");
    expect(await say(host, "still here")).toBe("STILL HERE!");
  });

  it("should be restarted and then left failed when it throws in a timer", async () => {
    using home = temporaryHome();
    const bad = {
      use: "./thrower",
      with: { where: "timer" },
      restart: { attempts: 1, within: "1m", backoff: "1ms" },
    };
    await using host = await hostOf({ ...fine, bad }, flows, home.env);
    const statuses = await firstValueFrom(
      host.status$.pipe(filter((all) => all.some((each) => each.id === "bad" && each.reason?.includes("the limit")))),
    );
    expect(statuses.find((each) => each.id === "bad")).toMatchObject({ status: "failed", restarts: 1 });
    expect(await say(host, "still here")).toBe("STILL HERE!");
  });

  it("should not stop runs when it throws or hangs while writing", async () => {
    using home = temporaryHome();
    await using host = await hostOf(
      {
        ...fine,
        bad: { use: "./thrower", with: { where: "write" } },
        stuck: { use: "./hanger", with: { where: "write" } },
      },
      flows,
      home.env,
    );
    expect(await say(host, "still here")).toBe("STILL HERE!");
  });

  it("should be closed within its limit when it throws in dispose", async () => {
    using home = temporaryHome();
    const host = await hostOf({ ...fine, bad: { use: "./thrower", with: { where: "dispose" } } }, flows, home.env);
    await expect(host.close()).resolves.toBeUndefined();
  });
});
