import { describe, expect, it } from "vitest";
import { FakeSandbox } from "../../../core/testing/index.ts";
import { collect, flowsOver } from "../flow/flow-kit.ts";

const box = { kind: "instance", id: "box", instance: "sandbox", absent: false } as const;

describe("what is remembered of runs", () => {
  it("should give an ended run by its key, whole while it is new and by name and end later", async () => {
    const { runs } = flowsOver({ sandboxes: { box: new FakeSandbox() } }, { run: box });
    const first = runs.open({ input: { code: "1" }, key: "k", owner: "somebody" });
    const end = await first.done;
    expect(runs.open({ input: { code: "1" }, key: "k" })).toBe(first);
    for (let count = 0; count < 100; count += 1) await runs.open({ input: { code: "1" } }).done;
    expect(runs.get(first.run)).toBeUndefined();

    const later = runs.open({ input: { code: "1" }, key: "k" });
    expect(later).not.toBe(first);
    const { run, session, flow, owner } = first;
    expect(later).toMatchObject({ run, session, flow, owner });
    expect(await later.done).toEqual(end);
    const events = await collect(later);
    expect(events[0]).toMatchObject({ run, type: "run-start" });
    expect(events.at(-1)).toMatchObject({ run, type: "run-end" });

    later.cancel();
    expect(await later.interrupt()).toBe(false);
    await expect(later.input({ kind: "stdin", text: "" })).rejects.toMatchObject({ code: "SLUICE_RUN_NOT_WAITING" });
    await expect(later.files()).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
    await expect(later.file("x")).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
  });

  it("should count only runs that are under way as active", async () => {
    const { runs } = flowsOver({ sandboxes: { box: new FakeSandbox(() => ({ hang: true })) } }, { run: box });
    const running = runs.open({ input: { code: "1" } });
    const refused = runs.open({ flow: "none", input: { code: "1" } });
    await refused.done;
    expect(runs.active).toBe(1);
    running.cancel();
    await running.done;
    expect(runs.active).toBe(0);
  });
});
