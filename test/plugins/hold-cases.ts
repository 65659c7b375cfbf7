import { expect } from "vitest";
import type { RunRecord, Store } from "../../core/contract/index.ts";
import { runOf } from "./store-sqlite/store-kit.ts";

/** Runs that the stores of these cases keep. */
export const keptRuns = 20;
/** What is waited for comes late on a slow machine. */
const patience = { timeout: 60_000 };

export const kept = async (store: Store): Promise<readonly string[]> =>
  ((await store.runs({ limit: 100_000 })) as readonly RunRecord[]).map(({ run }) => run);

let fillers = 0;

/** Resolves when old runs have been deleted: a run that nobody holds is among them. */
export async function pruned(store: Store): Promise<void> {
  fillers += 1;
  const name = `f${fillers}`;
  // A store looks for old runs after so many that have ended, unless it does so already.
  for (let index = 0; index < 2 * keptRuns || (await kept(store)).includes(`${name}-0`); index += 1) {
    await store.append(runOf(`${name}-${index}`, 0));
    await new Promise((resolve) => setTimeout(resolve, index < 2 * keptRuns ? 0 : 10));
  }
}

/** Two stores of one place, each as another host has it: what one reads the other does not delete. */
export async function heldRunsStay(one: Store, other: Store): Promise<void> {
  for (let index = 0; index < 4; index += 1) await one.append(runOf(`r${index}`, 3));
  const [first, again, elsewhere] = [one.hold?.("r1"), one.hold?.("r1"), other.hold?.("r2")];
  one.hold?.("r_nobody")();
  await pruned(one);
  await expect.poll(() => kept(one), patience).not.toContain("r0");
  expect(await kept(one)).toEqual(expect.arrayContaining(["r1", "r2"]));
  expect(await one.read("r2", 0, 100)).toHaveLength(5);
  first?.();
  first?.();
  await pruned(other);
  expect(await kept(other)).toEqual(expect.arrayContaining(["r1", "r2"]));
  again?.();
  elsewhere?.();
  await pruned(one);
  await expect.poll(async () => (await kept(one)).filter((run) => run.startsWith("r")), patience).toEqual([]);
}
