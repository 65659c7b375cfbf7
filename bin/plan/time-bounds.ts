import type { Plan, PlannedInstance } from "../../core/command-line.ts";
import type { FlowNode } from "../../core/contract/index.ts";
import { flowShape } from "../../core/kit/index.ts";

/** How long a step may take at most, in milliseconds; undefined where something in it has no bound. */
export function worstCase(node: FlowNode, plan: Plan): number | undefined {
  if (node.kind === "instance") return node.absent ? 0 : timeoutOf(instanceOf(plan, node.id));
  const { arrangement, children, repeat } = flowShape(node);
  const times = children.map((child) => worstCase(child.node, plan));
  if (arrangement === "sequence" || arrangement === "on-failure") return sum(times);
  const once = longest(times);
  return once === undefined ? undefined : once * (repeat?.most ?? 1);
}

/** The bound that an instance's own options set for one step: an execution, or a whole answer. */
function timeoutOf(instance: PlannedInstance | undefined): number | undefined {
  const { config } = instance ?? { config: {} as Readonly<Record<string, unknown>> };
  const nested = config["timeouts"] as Readonly<Record<string, unknown>> | undefined;
  const found = [config["timeout"], nested?.["total"], config["totalTimeout"]].find(
    (value) => typeof value === "number",
  );
  return found as number | undefined;
}

/** An instance may stand in a flow thousands of times, and its plugin's schema be a stranger's. */
const durations = new WeakMap<PlannedInstance, ReadonlyMap<string, number>>();

/** Every option of an instance that is a duration, by its key; `a.b` where it stands in a map. */
export function durationsOf(instance: PlannedInstance): ReadonlyMap<string, number> {
  const known = durations.get(instance);
  if (known) return known;
  const found = new Map<string, number>();
  durations.set(instance, found);
  const visit = (schema: unknown, value: unknown, path: string): void => {
    const { ["x-unit"]: unit, properties } = (schema ?? {}) as { "x-unit"?: string; properties?: object };
    if (unit === "duration" && typeof value === "number") found.set(path, value);
    for (const [key, inner] of Object.entries(properties ?? {})) {
      visit(inner, (value as Record<string, unknown> | undefined)?.[key], path === "" ? key : `${path}.${key}`);
    }
  };
  visit(instance.plugin.manifest.config, instance.config, "");
  return found;
}

export function instanceOf(plan: Plan, id: string): PlannedInstance | undefined {
  return plan.instances.find((instance) => instance.id === id);
}

function sum(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce<number | undefined>(
    (total, time) => (total === undefined || time === undefined ? undefined : total + time),
    0,
  );
}

function longest(times: readonly (number | undefined)[]): number | undefined {
  return times.includes(undefined) ? undefined : Math.max(0, ...(times as number[]));
}
