import type { PlannedInstance } from "../../core/command-line.ts";
import { type Lifecycle, SluiceError } from "../../core/contract/index.ts";
import { createHost } from "../../core/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { loadValidPlan } from "./load.ts";
import { profileOf } from "./profile.ts";

export interface NamedInstance {
  readonly id: string;
  readonly planned: PlannedInstance;
  readonly instance: Lifecycle;
}

/**
 * Starts just the instances wanted, lends them, and stops them. Ctrl-C aborts the signal.
 * @throws SluiceError SLUICE_USAGE when the profile has none; `what` names them
 */
export async function withInstances(
  profile: string | undefined,
  wanted: (planned: PlannedInstance) => boolean,
  what: string,
  use: (instances: readonly NamedInstance[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const plan = await loadValidPlan(profile);
  const chosen = plan.instances.filter((planned) => planned.absent === undefined && wanted(planned));
  if (chosen.length === 0) {
    throw new SluiceError("SLUICE_USAGE", `${plan.file} has no such ${what}`, {
      cure: "See `sluice explain` for what the profile has, or give another one with -p.",
    });
  }
  using interrupts = new Interrupts();
  await using host = await createHost({
    profile: profileOf(profile),
    trust: "judge",
    // Only our own code runs in a sandbox here. Models are asked with the keys of the profile.
    tolerate: chosen.every(({ plugin }) => plugin.manifest.kind === "sandbox") ? ["option", "key"] : ["option"],
    instances: chosen.map(({ id }) => id),
    store: false,
    terminal: process.env["SLUICE_DEBUG"] !== undefined,
    signal: interrupts.leaving,
  });
  try {
    const named = chosen.map((planned) => ({ id: planned.id, planned, instance: host.instance(planned.id) }));
    await use(named, interrupts.leaving);
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
  }
  if (interrupts.exitCode !== undefined) process.exitCode = interrupts.exitCode;
}
