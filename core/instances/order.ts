import type { PlannedInstance } from "../config/plan.ts";
import type { Instance } from "./instance.ts";

/** What starts first: what others refer to and services, then the rest in the profile's order, transports last. */
export function startOrder(instances: readonly PlannedInstance[]): readonly PlannedInstance[][] {
  const byId = new Map(instances.map((instance) => [instance.id, instance]));
  const levels = new Map<string, number>();

  const levelOf = (instance: PlannedInstance): number => {
    const known = levels.get(instance.id);
    if (known !== undefined) return known;
    levels.set(instance.id, 0);
    const needed = [...namesOf(instance), ...providersFor(instance, instances)]
      .map((id) => byId.get(id))
      .filter((other) => other !== undefined);
    const level = needed.length === 0 ? 0 : 1 + Math.max(...needed.map(levelOf));
    levels.set(instance.id, level);
    return level;
  };

  const waves = new Map<number, PlannedInstance[]>();
  for (const instance of instances) {
    // Transports let clients in, so they wait for everything that could answer behind them.
    const wave = instance.plugin.manifest.kind === "transport" ? Number.MAX_SAFE_INTEGER : levelOf(instance);
    waves.set(wave, [...(waves.get(wave) ?? []), instance]);
  }
  return [...waves.entries()].sort(([first], [second]) => first - second).map(([, wave]) => wave);
}

function namesOf(instance: PlannedInstance): readonly string[] {
  return Object.values(instance.refs).flatMap((ref) => (typeof ref === "string" ? [ref] : ref));
}

function providersFor(instance: PlannedInstance, all: readonly PlannedInstance[]): readonly string[] {
  const wanted = instance.plugin.manifest.requires ?? [];
  return all
    .filter((other) => other.plugin.manifest.provides?.some((token) => wanted.includes(token)))
    .map((other) => other.id);
}

/** The ids that an instance waits for when it starts. */
export function needsOf(instance: PlannedInstance, all: readonly PlannedInstance[]): readonly string[] {
  return [...new Set([...namesOf(instance), ...providersFor(instance, all)])];
}

/** The instances that `wanted` leads to by references and required services. */
export function closure(wanted: Iterable<string>, all: readonly PlannedInstance[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    const instance = all.find((each) => each.id === id);
    if (!instance) return;
    found.add(id);
    for (const other of needsOf(instance, all)) visit(other);
  };
  for (const id of wanted) visit(id);
  return found;
}

/** Those that need others before those that are needed. */
export function inStopOrder(instances: readonly Instance[]): readonly Instance[] {
  const order = startOrder(instances.map(({ plan }) => plan))
    .flat()
    .map(({ id }) => id);
  return [...instances].sort((a, b) => order.indexOf(b.id) - order.indexOf(a.id));
}

/** Starts each wave after those that it needs. @throws SluiceError of the first that must not fail */
export async function startInWaves(instances: ReadonlyMap<string, Instance>, signal: AbortSignal): Promise<void> {
  for (const wave of startOrder([...instances.values()].map(({ plan }) => plan))) {
    const enough = new AbortController();
    const given = AbortSignal.any([signal, enough.signal]);
    let failed: { readonly error: unknown } | undefined;
    // The first failure ends the start: what the others would say of the same cause is no news.
    const fail = (error: unknown) => {
      failed ??= { error };
      enough.abort();
    };
    await Promise.all(wave.map(({ id }) => instances.get(id)?.start(given).catch(fail)));
    if (failed !== undefined) throw (failed as { readonly error: unknown }).error;
  }
}
