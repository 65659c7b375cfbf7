import { filter, firstValueFrom, map } from "rxjs";
import { describe, expect, it } from "vitest";
import { createHost, type Host } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "../host/temporary-home.ts";
import { goodIsWell } from "./misbehaviour-kit.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

/** A host with a plugin that has a process of its own, and is not restarted. */
function hostWith(kind: string, how: string, env: Record<string, string>): Promise<Host> {
  const held = how.includes("loops") ? "1s" : "20s";
  const bad = {
    ...{ use: `./bad-${kind}`, with: { how }, restart: { attempts: 0 }, onStartError: "skip" },
    ...{ isolate: { worker: { heap: "64mb", held } }, deliver: { attempts: 2, backoff: "10ms" } },
  };
  if (kind !== "sink") Reflect.deleteProperty(bad, "deliver");
  const plugins = { good: { use: "./shout" }, bad };
  const flows = { chat: "good", ...(kind === "sandbox" ? { bad: "bad" } : {}) };
  return createHost({ config: { version: 1, plugins, flows }, cwd: custom, env, transports: true });
}

/** Why it fails, or is degraded. */
const reasonOf = (host: Host, status: string) =>
  firstValueFrom(
    host.status$.pipe(
      map((all) => all.find((each) => each.id === "bad" && each.status === status)?.reason),
      filter((reason) => reason !== undefined),
    ),
  );

describe("a sink in a process of its own", () => {
  it.each([
    ["write loops", /held its thread for 1 s/],
    ["write leaks", /used more memory than the 64 MB of its worker|held its thread/],
    ["ends the process", /called process\.exit\(1\)/],
    ["create throws", /thrown in create/],
    ["create gives no method", /without write/],
    ["start throws", /thrown in start/],
  ])("should end alone, and be named: %s", async (how, reason) => {
    using home = temporaryHome();
    await using host = await hostWith("sink", how, home.env);
    await goodIsWell(host);
    expect(await reasonOf(host, "failed")).toMatch(reason);
    await goodIsWell(host);
  });

  it.each([
    ["write throws", /refuses entries: bad: write threw: thrown in write/],
    ["write rejects", /refuses entries: bad: write threw: rejected in write/],
  ])("should be degraded while it refuses what it is given: %s", async (how, reason) => {
    using home = temporaryHome();
    await using host = await hostWith("sink", how, home.env);
    await goodIsWell(host);
    expect(await reasonOf(host, "degraded")).toMatch(reason);
    await goodIsWell(host);
  });

  it.each(["flush throws", "flush loops", "flush leaks"])("should keep no host from its end: %s", async (how) => {
    using home = temporaryHome();
    const host = await hostWith("sink", how, home.env);
    await goodIsWell(host);
    await host.close({ drain: 0 });
  });
});

describe("a store in a process of its own", () => {
  it.each([
    ["append loops", /held its thread for 1 s/],
    ["append leaks", /used more memory than the 64 MB of its worker|held its thread/],
    ["append ends the process", /called process\.exit\(7\)/],
    ["unfinished ends the process", /called process\.exit\(7\)/],
    ["create throws", /thrown in create/],
  ])("should end alone, be named, and leave runs in memory: %s", async (how, reason) => {
    using home = temporaryHome();
    await using host = await hostWith("store", how, home.env);
    await goodIsWell(host);
    expect(await reasonOf(host, "failed")).toMatch(reason);
    await goodIsWell(host);
  });

  it.each(["append throws", "append rejects"])("should be degraded while it fails: %s", async (how) => {
    using home = temporaryHome();
    await using host = await hostWith("store", how, home.env);
    await goodIsWell(host);
    expect(await reasonOf(host, "degraded")).toMatch(/(thrown|rejected) in append/);
    await goodIsWell(host);
  });
});

describe("a sandbox in a process of its own", () => {
  it("should be slowed to what the host takes, and lose nothing", async () => {
    using home = temporaryHome();
    await using host = await hostWith("sandbox", "gives more than its memory, as it is taken", home.env);
    const events = await collect(host.runs.open({ flow: "bad", input: { code: "1" } }));
    expect(endOf(events)).toMatchObject({ status: "ok" });
    let next = 0;
    for (const { type, data } of events) {
      if (type !== "exec-stdout") continue;
      expect(data.offset).toBe(next);
      next += data.text?.length ?? 0;
    }
    expect(next).toBe(80 * 1024 * 1024);
  });
});
