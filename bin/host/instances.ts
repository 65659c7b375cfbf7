import type { Plan, PlannedInstance } from "../../core/command-line.ts";
import { type Lifecycle, SluiceError } from "../../core/contract/index.ts";
import { createHost } from "../../core/index.ts";
import { unknownName } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { loadValidPlan } from "./load.ts";
import { profileOf } from "./profile.ts";

export interface NamedInstance {
  readonly id: string;
  readonly planned: PlannedInstance;
  readonly instance: Lifecycle;
}

export interface WantedInstances {
  readonly kind: "model" | "sandbox";
  /** That one alone. */
  readonly id?: string | undefined;
}

/**
 * Starts just the instances wanted, lends them, and stops them. Ctrl-C aborts the signal.
 * @throws SluiceError SLUICE_USAGE when the profile has none
 */
export async function withInstances(
  profile: string | undefined,
  wanted: WantedInstances,
  use: (instances: readonly NamedInstance[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const plan = await loadValidPlan(profile);
  const chosen = chooseInstances(plan, wanted);
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

/** @throws SluiceError SLUICE_USAGE */
function chooseInstances(plan: Plan, { kind, id }: WantedInstances): readonly PlannedInstance[] {
  const ofKind = plan.instances.filter(({ plugin }) => plugin.manifest.kind === kind);
  const named = id === undefined ? ofKind : ofKind.filter((planned) => planned.id === id);
  const chosen = named.filter(({ absent }) => absent === undefined);
  if (chosen.length > 0) return chosen;
  const [first] = named;
  if (first?.absent !== undefined) {
    const all = id === undefined && named.length > 1 ? `every ${kind} of ${plan.file} is absent, as ` : "";
    throw new SluiceError("SLUICE_USAGE", `${all}${first.id} is absent: ${first.absent}`, {
      cure: "Set what it needs, or give another profile with -p.",
    });
  }
  const known = ofKind.map((planned) => planned.id);
  const none = `Give another profile with -p, or add a ${kind} to this one.`;
  if (id !== undefined)
    throw unknownName({ code: "SLUICE_USAGE", what: kind, said: id, known, where: plan.file, none });
  throw new SluiceError("SLUICE_USAGE", `${plan.file} has no ${kind}`, { cure: none });
}
