import { filter, firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { InstanceStatus } from "../../../core/contract/host.ts";
import { collect, endOf } from "../flow/flow-kit.ts";
import { temporaryHome } from "../host/temporary-home.ts";
import { faults, goodIsWell, hostWith, input, usualWhile } from "./misbehaviour-kit.ts";

function isFailed(statuses: readonly InstanceStatus[]): boolean {
  return statuses.some(({ id, status }) => id === "bad" && status === "failed");
}

function errorsOf(events: readonly RunEvent[]) {
  return events.flatMap((event) => (event.type === "error" ? [event.data] : []));
}

describe.each(["model", "sandbox", "stage"] as const)("a %s that misbehaves in a run", (kind) => {
  it.each(Object.entries(faults[kind]))(
    "should end that run by its name and no other: %s",
    async (how, expected) => {
      using home = temporaryHome();
      await using host = await hostWith(kind, how, home.env);
      const floor = await usualWhile(host, Promise.resolve());
      const events = collect(host.runs.open({ flow: "bad", input: input[kind] ?? { text: "" } }));
      const usual = await usualWhile(host, events);
      expect(endOf(await events).status).toBe("failed");
      const errors = errorsOf(await events);
      expect(errors.map(({ message }) => message).join("\n")).toMatch(expected);
      expect(errors.every(({ message }) => message.includes("bad"))).toBe(true);
      expect(errors.every(({ code, cure }) => code !== "SLUICE_INTERNAL" && cure !== "")).toBe(true);
      // By what it takes on this machine anyway; `npm run soak:apart` has the figures.
      expect(usual).toBeLessThan(50 + 20 * floor);
      await goodIsWell(host);
      // A hundred thousand events take their time on a busy machine.
    },
    60_000,
  );
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
