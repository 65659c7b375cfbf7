import { filter, firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { InstanceStatus } from "../../../core/contract/host.ts";
import { createHost, type Host } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "../host/temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

type Kind = "model" | "sandbox" | "stage" | "sink" | "store" | "transport";

const input: Record<string, { text: string } | { code: string }> = {
  model: { text: "hello" },
  sandbox: { code: "1" },
  stage: { text: "hello" },
};

/** A host with one plugin that misbehaves, and flows that do not need it. */
function hostWith(kind: Kind, how: string, env: Record<string, string>): Promise<Host> {
  const flows: Record<string, unknown> = { chat: "good" };
  if (kind === "model") flows["bad"] = "bad";
  if (kind === "sandbox") flows["bad"] = "bad";
  if (kind === "stage") flows["bad"] = ["good", "bad"];
  const plugins = {
    good: { use: "./shout" },
    bad: { use: `./bad-${kind}`, with: { how }, callTimeout: "100ms", restart: { attempts: 0 } },
  };
  return createHost({ config: { version: 1, plugins, flows }, cwd: custom, env, transports: true });
}

async function goodIsWell(host: Host): Promise<void> {
  const events = await collect(host.runs.open({ flow: "chat", input: { text: "well" } }));
  expect(endOf(events).status).toBe("ok");
  expect(events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("")).toBe("WELL!");
}

function isFailed(statuses: readonly InstanceStatus[]): boolean {
  return statuses.some(({ id, status }) => id === "bad" && status === "failed");
}

function errorsOf(events: readonly RunEvent[]) {
  return events.flatMap((event) => (event.type === "error" ? [event.data] : []));
}

/** What is wrong with each kind, and what the run that used it says. The message always begins with the instance. */
const faults: Readonly<Record<"model" | "sandbox" | "stage", Readonly<Record<string, RegExp>>>> = {
  model: {
    throws: /generate threw: thrown in generate \(index\.js:\d+\)/,
    "throws nothing": /generate threw: undefined/,
    "throws an error without text": /generate threw: something was thrown that has no text/,
    "returns nothing": /generate returned undefined, and not an Observable/,
    "returns a promise": /generate returned a promise, and not an Observable/,
    "returns a promise that rejects": /generate returned a promise/,
    "returns a list": /generate returned a list/,
    fails: /generate threw: failed in the stream/,
    "fails with text": /generate threw: just text/,
    "throws when subscribed": /generate threw: thrown in subscribe/,
    "is silent": /generate was silent for 0.1 s/,
    "is silent after text": /generate was silent for 0.1 s/,
    "ends without finish": /stopped without its end/,
    "finishes twice": /generate emitted "finish" after its finish/,
    "goes on after finish": /generate emitted "text-delta" after its finish/,
    "gives null": /generate emitted null/,
    "gives text": /generate emitted a string/,
    "gives an unknown type": /generate emitted an event of type "poem"/,
    "gives a number as text": /generate emitted "text-delta" with a number as text/,
    "gives code without language": /generate emitted "code-delta" with undefined as language/,
    "gives an exec event of no kind": /generate emitted an event of type "exec-fun"/,
    "finishes for no reason": /generate finished for the reason "bored"/,
    "has no usage": /generate finished with undefined as usage/,
    "has a negative usage": /generate finished with inputTokens that is no count/,
    "has a usage that is no number": /generate finished with inputTokens that is no count/,
    "has an event that cannot be read": /generate threw: a getter/,
    "never stops": /generate gave 100000 events without a pause/,
    "ends the process": /called process.exit\(3\)/,
    "aborts the process": /called process.abort\(\)/,
    "kills the process": /called process.kill of its own host with SIGKILL/,
    "throws in a timer": /bad failed: uncaught: thrown in a timer/,
    "rejects in the dark": /bad failed: uncaught: nobody looks/,
  },
  sandbox: {
    "open throws": /open threw: thrown in open \(index\.js:\d+\)/,
    "open rejects": /open threw: rejected in open/,
    "open hangs": /open did not return for 0.1 s/,
    "open gives nothing": /open resolved with undefined/,
    "open gives a number": /open resolved with a number/,
    "open gives half a session": /open resolved with something without interrupt/,
    "execute throws": /execute threw: thrown in execute/,
    "execute returns nothing": /execute returned undefined/,
    "execute returns a promise": /execute returned a promise/,
    "execute fails": /execute threw: failed in the stream/,
    "execute is silent": /execute was silent for 0.1 s/,
    "execute is silent after output": /execute was silent for 0.1 s/,
    "has no end": /execute completed without an exec-end/,
    "gives nothing": /execute completed without an exec-end/,
    "ends twice": /execute emitted an event after its exec-end/,
    "goes on after its end": /execute emitted an event after its exec-end/,
    "gives null": /execute emitted null/,
    "gives a model's event": /execute emitted an event of type "text-delta"/,
    "ends the run": /execute emitted an event of type "run-end"/,
    "gives output without offset": /event exec-stdout that is not text or base64/,
    "gives a negative offset": /event exec-stdout that is not text or base64/,
    "gives output twice over": /event exec-stdout that is not text or base64/,
    "gives an exit code as text": /event exec-end that its schema refuses/,
    "gives an unknown status": /event exec-end that its schema refuses/,
    "gives an end without data": /event exec-end that its schema refuses/,
    "never stops": /execute gave 100000 events without a pause/,
    "ends the process": /called process.exit\(0\)/,
  },
  stage: {
    "apply throws": /apply threw: thrown in apply \(index\.js:\d+\)/,
    "apply returns nothing": /apply returned undefined/,
    "apply returns a promise": /apply returned a promise/,
    "apply returns what it got as text": /apply returned a string/,
    fails: /apply threw: failed in the stream/,
    "throws on an event": /apply threw: thrown in map/,
    "throws beside the stream": /bad failed: uncaught: thrown in a timer/,
    "is silent at the end": /apply was silent for 0.1 s/,
    "ends the run": /apply emitted run-end, which the core alone does/,
    "begins another run": /apply emitted run-start, which the core alone does/,
    "ends a branch that is none": /apply emitted branch-end, which the core alone does/,
    "speaks for another": /apply emitted text-delta in the name of "core"/,
    "gives null": /apply emitted null/,
    "gives an unknown type": /apply emitted an event of type "poem"/,
    "gives wrong data": /event text-delta that its schema refuses/,
    "gives no data": /event error that its schema refuses/,
    "never stops": /apply gave 100000 events without a pause/,
    "ends the process": /called process.exit\(0\)/,
  },
};

describe.each(["model", "sandbox", "stage"] as const)("a %s that misbehaves in a run", (kind) => {
  it.each(Object.entries(faults[kind]))("should end that run by its name and no other: %s", async (how, expected) => {
    using home = temporaryHome();
    await using host = await hostWith(kind, how, home.env);
    const bad = host.runs.open({ flow: "bad", input: input[kind] ?? { text: "" } });
    await goodIsWell(host);
    const events = await collect(bad);
    const errors = errorsOf(events);
    expect(endOf(events).status).toBe("failed");
    expect(errors.map(({ message }) => message).join("\n")).toMatch(expected);
    expect(errors.every(({ message }) => message.includes("bad"))).toBe(true);
    expect(errors.every(({ code, cure }) => code !== "SLUICE_INTERNAL" && cure !== "")).toBe(true);
    await goodIsWell(host);
  });
});

/** What is wrong, and not worth a run. */
const borne = [
  ["model", "cost throws", "cost threw: thrown in cost"],
  ["model", "cost is no number", "cost returned a string"],
  ["model", "cost is negative", "cost returned a number"],
  ["model", "throws when it is left", "thrown in teardown"],
  ["sandbox", "closed rejects", "rejected in closed"],
  ["sandbox", "the end of a session throws", "thrown in dispose"],
] as const;

describe("a fault that no run has to die of", () => {
  it.each(borne)("should be told with the name of the %s: %s", async (kind, how, told) => {
    using home = temporaryHome();
    await using host = await hostWith(kind, how, home.env);
    const logged: string[] = [];
    const entries = host.hostEvents$.subscribe((event) => {
      if (event.type === "log") logged.push(event.data.message);
    });
    const events = await collect(host.runs.open({ flow: "bad", input: input[kind] ?? { text: "" } }));
    expect(endOf(events).status).toBe("ok");
    await expect.poll(() => logged.join("\n")).toContain(told);
    expect(logged.join("\n")).toContain("bad");
    entries.unsubscribe();
  });
});

const starts = [
  ["create throws", "thrown in create"],
  ["create gives nothing", "bad: create of bad-KIND returned undefined"],
  ["create gives a promise", "returned a promise: what takes time belongs into start"],
  ["create gives no method", "returned something without METHOD"],
  ["create gives no dispose", "returned something without [Symbol.asyncDispose]"],
  ["start throws", "thrown in start"],
  ["start is a number", "whose start is a number"],
  ["health is a number", "whose health$ is a number"],
  ["health gives rubbish", "health$ gave what is no health"],
  ["health fails", "ill"],
] as const;

const first = { model: "generate", sandbox: "open", stage: "apply", sink: "write" } as const;

describe.each(["model", "sandbox", "stage", "sink"] as const)("a %s that cannot start", (kind) => {
  it.each(starts)("should leave a host that serves as it is, and be named: %s", async (how, reason) => {
    using home = temporaryHome();
    await using host = await hostWith(kind, how, home.env);
    const expected = reason.replaceAll("KIND", kind).replace("METHOD", first[kind]);
    const statuses = await firstValueFrom(host.status$.pipe(filter((all) => isFailed(all))));
    expect(statuses.find(({ id }) => id === "bad")?.reason).toContain(expected);
    await goodIsWell(host);
    if (kind === "sink") return;
    const events = await collect(host.runs.open({ flow: "bad", input: input[kind] ?? { text: "" } }));
    expect(endOf(events).status).toBe("failed");
    expect(errorsOf(events)[0]?.message).toContain("bad");
  });
});

describe("a sink, a store and a transport that misbehave", () => {
  it.each(["write throws", "write rejects", "write hangs", "ends the process", "flush throws", "flush hangs"])(
    "should cost a sink its entries, and nobody else anything: %s",
    async (how) => {
      using home = temporaryHome();
      await using host = await hostWith("sink", how, home.env);
      await goodIsWell(host);
    },
  );

  it.each(["append throws", "append rejects", "read throws", "runs throws", "append gives rubbish"])(
    "should let runs go on without their store: %s",
    async (how) => {
      using home = temporaryHome();
      await using host = await hostWith("store", how, home.env);
      await goodIsWell(host);
    },
  );

  it.each(["start throws", "create throws", "create gives no method"])(
    "should end the start by the transport's name, since nobody could come in: %s",
    async (how) => {
      using home = temporaryHome();
      await expect(hostWith("transport", how, home.env)).rejects.toMatchObject({
        message: expect.stringContaining("bad"),
      });
    },
  );

  it.each(["throws later", "ends the process"])("should take down the transport alone: %s", async (how) => {
    using home = temporaryHome();
    await using host = await hostWith("transport", how, home.env);
    await firstValueFrom(host.status$.pipe(filter((all) => isFailed(all))));
    await goodIsWell(host);
  });
});

describe("a model that answers as soon as it is asked", () => {
  it("should be on the bill", async () => {
    using home = temporaryHome();
    await using host = await hostWith("model", "well", home.env);
    const events = await collect(host.runs.open({ flow: "bad", input: { text: "hello" } }));
    expect(endOf(events).usage).toMatchObject({ inputTokens: 1, outputTokens: 1 });
  });
});
