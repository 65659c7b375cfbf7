import { filter, firstValueFrom, map, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import { createHost, type Host } from "../../../core/index.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "../host/temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

type Kind = "model" | "sandbox" | "stage" | "sink" | "store";

const input = { model: { text: "hello" }, sandbox: { code: "1" }, stage: { text: "hello" } } as const;

interface Given {
  readonly isolate?: unknown;
  readonly attempts?: number;
}

/** A host with one plugin in a process of its own, and one that is in its own. */
function hostWith(kind: Kind, how: string, env: Record<string, string>, given: Given = {}): Promise<Host> {
  // Whoever loops is ended soon; nobody else is ended because the machine is busy.
  const held = how.startsWith("loops") ? "1s" : "10s";
  const { isolate = { worker: { heap: "64mb", held } }, attempts = 1 } = given;
  const bad = kind === "stage" ? ["good", "bad"] : kind === "model" || kind === "sandbox" ? "bad" : undefined;
  const plugins = {
    good: { use: "./shout" },
    bad: { use: `./bad-${kind}`, with: { how }, isolate, restart: { attempts, backoff: "10ms" } },
  };
  const flows = { chat: "good", ...(bad === undefined ? {} : { bad }) };
  return createHost({ config: { version: 1, plugins, flows }, cwd: custom, env, transports: true });
}

async function goodIsWell(host: Host): Promise<void> {
  const events = await collect(host.runs.open({ flow: "chat", input: { text: "well" } }));
  expect(events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("")).toBe("WELL!");
}

const errorsOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "error" ? [event.data.message] : []));

/** What readers see, without what differs from run to run. */
const told = (events: readonly RunEvent[]) => events.map(({ type, source, data }) => ({ type, source, data }));

describe("a plugin in a process of its own", () => {
  it.each(["model", "sandbox", "stage"] as const)("should be the same %s as in the host's", async (kind) => {
    using home = temporaryHome();
    await using apart = await hostWith(kind, "well", home.env);
    await using here = await hostWith(kind, "well", home.env, { isolate: "none" });
    const run = async (host: Host) => told(await collect(host.runs.open({ flow: "bad", input: input[kind] })));
    expect((await run(apart)).slice(1, -1)).toEqual((await run(here)).slice(1, -1));
    expect((await run(apart)).at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
  });
});

/** What ends the process, and the reason that is told of it. */
const ends: readonly (readonly [keyof typeof input, string, RegExp])[] = [
  ["model", "loops", /held its thread for 1 s/],
  ["model", "loops over built-in functions", /held its thread for 1 s/],
  ["model", "loops later", /held its thread for 1 s/],
  ["model", "leaks", /used more memory than the 64 MB of its worker|held its thread/],
  ["model", "leaks buffers", /used more memory than the 64 MB of its worker/],
  ["model", "ends the process", /called process.exit\(3\)/],
  ["model", "ends the process later", /called process.exit\(3\)/],
  ["model", "kills the process", /its process was ended by SIGKILL/],
  ["model", "aborts the process", /its process was ended by SIGABRT/],
  ["model", "kills the host", /called process.kill of its own host with SIGKILL/],
  ["model", "throws in a timer", /uncaught: thrown in a timer \(index\.js:\d+\)/],
  ["model", "rejects in the dark", /uncaught: nobody looks \(index\.js:\d+\)/],
  ["sandbox", "ends the process", /called process.exit\(0\)/],
  ["stage", "ends the process", /called process.exit\(0\)/],
  ["stage", "throws beside the stream", /uncaught: thrown in a timer/],
];

describe("a plugin that breaks its process", () => {
  it.each(ends)("should end alone, be named, and come back: a %s that %s", async (kind, how, reason) => {
    using home = temporaryHome();
    await using host = await hostWith(kind, how, home.env);
    const states = host.hostEvents$.pipe(
      filter((event) => event.type === "plugin-status" && event.source === "bad"),
      map(({ data }) => data as { readonly status: string; readonly reason?: string }),
    );
    const life = firstValueFrom(states.pipe(take(3), toArray()));
    const bad = host.runs.open({ flow: "bad", input: input[kind] });
    await goodIsWell(host);
    const events = await collect(bad);
    expect(endOf(events).status).toBe("failed");
    expect(errorsOf(events).join("\n")).toMatch(reason);
    expect(errorsOf(events).every((message) => message.startsWith("bad"))).toBe(true);
    expect((await life).map(({ status }) => status)).toEqual(["failed", "starting", "ok"]);
    expect((await life)[0]?.reason).toMatch(reason);
    await goodIsWell(host);
  });

  it("should be left alone when it has used up its attempts", async () => {
    using home = temporaryHome();
    await using host = await hostWith("model", "ends the process", home.env, { attempts: 0 });
    const events = await collect(host.runs.open({ flow: "bad", input: input.model }));
    expect(errorsOf(events).join()).toContain("process.exit(3)");
    const again = await collect(host.runs.open({ flow: "bad", input: input.model }));
    expect(errorsOf(again).join()).toContain("bad is failed: called process.exit(3)");
    await goodIsWell(host);
  });
});

describe("what cannot be isolated", () => {
  const problemsOf = async (instance: object) => {
    const plugins = { good: { use: "./shout" }, box: { use: "docker-sandbox" }, subject: instance };
    const config = { version: 1, plugins, flows: { chat: "good" } };
    return (await loadPlan({ config, cwd: custom, env: {}, trust: "own" })).problems;
  };
  it.each([
    ["a transport", { use: "websocket", isolate: "worker" }, "a transport"],
    ["a service", { use: "http-server", isolate: "worker" }, "a service"],
    [
      "what refers to another instance",
      { use: "open-interpreter", isolate: "worker", with: { engine: "box", model: "gpt-4o" } },
      "refers to another instance",
    ],
  ])("should be an error of the profile: %s", async (_, instance, message) => {
    const problems = await problemsOf(instance);
    const found = problems.find(({ code }) => code === "SLUICE_CONFIG_ISOLATION");
    expect(found?.message, JSON.stringify(problems)).toContain(message);
  });

  it("should be said of a heap in which nothing has room", async () => {
    const problems = await problemsOf({ use: "./shout", isolate: { worker: { heap: "4mb" } } });
    expect(problems.map(({ message }) => message).join()).toContain("needs a heap of 32mb at least");
  });
});
