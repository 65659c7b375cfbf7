import { filter, firstValueFrom, map } from "rxjs";
import { describe, expect, it } from "vitest";
import type { HostEvent } from "../../../core/contract/event.ts";
import { createHost, type Host } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "../host/temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;
const kinds = ["model", "sandbox", "stage", "sink"] as const;
type Kind = (typeof kinds)[number];

const input = { model: { text: "hello" }, sandbox: { code: "1" }, stage: { text: "hello" }, sink: { text: "hello" } };

interface Given {
  readonly attempts?: number;
  readonly onEvent?: (event: HostEvent) => void;
}

function hostWith(kind: Kind | "store", how: string, env: Record<string, string>, given: Given = {}): Promise<Host> {
  const { attempts = 1, onEvent = () => undefined } = given;
  const bad = kind === "stage" ? ["good", "bad"] : kind === "model" || kind === "sandbox" ? "bad" : "good";
  const plugins = {
    good: { use: "./shout" },
    bad: {
      ...{ use: `./bad-${kind}`, with: { how }, callTimeout: "200ms" },
      restart: { attempts, backoff: "10ms" },
    },
  };
  return createHost({
    config: { version: 1, plugins, flows: { chat: "good", bad } },
    ...{ cwd: custom, env, transports: true, onEvent },
  });
}

async function goodIsWell(host: Host): Promise<void> {
  const events = await collect(host.runs.open({ flow: "chat", input: { text: "well" } }));
  expect(events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("")).toBe("WELL!");
}

/** What becomes of the one that misbehaves, from the first moment on. */
function lifeOf(events: readonly HostEvent[]) {
  return events.flatMap(({ type, source, data }) =>
    type === "plugin-status" && source === "bad" ? [data as { readonly status: string; readonly reason?: string }] : [],
  );
}

/** How it fails while it runs, in each step that brings no run down by itself. */
const passing = ["health fails later", "throws at rest", "rejects at rest", "ends the process at rest"] as const;

describe.each(kinds)("a %s that fails once it runs", (kind) => {
  it.each(passing)("should be named, come back, and serve: %s", async (how) => {
    using home = temporaryHome();
    const told: HostEvent[] = [];
    await using host = await hostWith(kind, how, home.env, { onEvent: (event) => told.push(event) });
    const life = () => lifeOf(told);
    await expect
      .poll(() => life().map(({ status }) => status), { timeout: 10_000 })
      .toEqual(["starting", "ok", "failed", "starting", "ok"]);
    expect(life()[2]?.reason).toMatch(/ill|thrown at rest|rejected at rest|process\.exit\(9\)/);
    const events = await collect(host.runs.open({ flow: "bad", input: input[kind] }));
    expect(endOf(events).status).toBe("ok");
    await goodIsWell(host);
  });
});

/** Says nothing of sinks: whoever would write it down is one of them, and goes last. */
describe.each(["model", "sandbox", "stage"] as const)("a %s that fails while it ends", (kind) => {
  it.each([
    ["drain throws", /thrown in drain/],
    ["dispose throws", /thrown in dispose/],
  ])("should be told, and keep nobody: %s", async (how, told) => {
    using home = temporaryHome();
    const logged: string[] = [];
    const onEvent = (event: HostEvent) => void (event.type === "log" && logged.push(event.data.message));
    const host = await hostWith(kind, how, home.env, { onEvent });
    await goodIsWell(host);
    await host.close({ drain: 0 });
    expect(logged.join("\n")).toMatch(told);
  });
});

/** Each takes the ten seconds of a step, so all at once. */
describe("a step of a lifecycle that hangs", () => {
  it.concurrent.each([
    ["model", "dispose hangs", /bad took longer than 10 s to stop/],
    ["sandbox", "dispose hangs", /bad took longer than 10 s to stop/],
    ["stage", "start hangs", /bad took longer than 10 s to start/],
    ["sink", "start hangs", /bad took longer than 10 s to start/],
    ["model", "start hangs", /bad took longer than 10 s to start/],
  ] as const)("should be named: of a %s, %s", async (kind, how, named) => {
    using home = temporaryHome();
    const told: string[] = [];
    const onEvent = ({ type, data }: HostEvent) => {
      if (type === "log") told.push(data.message);
      if (type === "plugin-status") told.push(data.reason ?? "");
    };
    const host = await hostWith(kind, how, home.env, { attempts: 0, onEvent });
    await goodIsWell(host);
    await host.close({ drain: 0 });
    expect(told.join("\n")).toMatch(named);
  });
});

describe("a store that misbehaves", () => {
  it.each([
    ["append throws", /bad: append threw: thrown in append \(index\.js:\d+\)/],
    ["append rejects", /bad: append threw: rejected in append/],
    ["append gives rubbish", /bad: append returned a number/],
    ["unfinished throws", /bad: unfinished threw: thrown in unfinished \(index\.js:\d+\)/],
    ["unfinished hangs", /bad: unfinished did not return for 0.2 s/],
    ["unfinished gives rubbish", /bad: unfinished gave a number, and not a list/],
  ])("should be named, and be degraded while runs go on: %s", async (how, told) => {
    using home = temporaryHome();
    await using host = await hostWith("store", how, home.env);
    await goodIsWell(host);
    const degraded = host.status$.pipe(
      map((all) => all.find(({ id, status }) => id === "bad" && status === "degraded")),
      filter((bad) => bad !== undefined),
    );
    expect((await firstValueFrom(degraded)).reason).toMatch(told);
  });

  it.each([
    ["read throws", /bad: read threw: thrown in read/],
    ["read rejects", /bad: read threw: rejected in read/],
    ["read hangs", /bad: read did not return for 0.2 s/],
    ["read gives rubbish", /bad: read gave a number, and not a list/],
    ["runs throws", /bad: runs threw: thrown in runs/],
    ["runs hangs", /bad: runs did not return for 0.2 s/],
    ["runs gives rubbish", /bad: runs gave a number, and not a list/],
    ["runs gives strangers", /bad: runs gave a list whose item 1 is not what was asked for/],
  ])("should fail whoever asks it, by its name: %s", async (how, told) => {
    using home = temporaryHome();
    await using host = await hostWith("store", how, home.env);
    const asked = how.startsWith("runs") ? host.runs.list() : host.journal.events("r_nobody").next();
    await expect(asked).rejects.toThrow(told);
    await goodIsWell(host);
  });
});
