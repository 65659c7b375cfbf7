import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../../contract/json-schema.ts";
import type { ProfileChange } from "../../contract/operation.ts";
import type { PluginKind } from "../../contract/plugin.ts";
import type { Plan, PlannedInstance } from "../plan.ts";

/** Kinds that can be taken down and up again beneath a running host; the others hold it together. */
const restartable: ReadonlySet<PluginKind> = new Set(["model", "sandbox", "stage"]);

/** What the instances of a running host would go through if it served the other plan. */
export function profileChanges(before: Plan, after: Plan): readonly ProfileChange[] {
  const known = new Map(before.instances.map((instance) => [instance.id, instance]));
  const changes: ProfileChange[] = [];
  for (const instance of after.instances) {
    const old = known.get(instance.id);
    known.delete(instance.id);
    const change = old === undefined ? { action: "host" as const, options: [] } : changeOf(old, instance, before);
    if (change !== undefined) changes.push({ instance: instance.id, ...change });
  }
  for (const id of known.keys()) changes.push({ instance: id, action: "host", options: [] });
  for (const part of ["flows", "budgets"] as const) {
    if (!isDeepStrictEqual(before[part], after[part])) changes.push({ instance: part, action: "host", options: [] });
  }
  return changes;
}

/** Whether an instance can be taken down and up again: nobody else may hold on to the old one. */
export function isRestartable(instance: PlannedInstance, plan: Plan): boolean {
  if (!restartable.has(instance.plugin.manifest.kind) || instance.absent !== undefined) return false;
  return !plan.instances.some(({ refs }) => Object.values(refs).flat().includes(instance.id));
}

function changeOf(
  old: PlannedInstance,
  next: PlannedInstance,
  plan: Plan,
): Omit<ProfileChange, "instance"> | undefined {
  if (old.plugin.folder !== next.plugin.folder || old.absent !== next.absent) return { action: "host", options: [] };
  const keys = new Set([...Object.keys(old.config), ...Object.keys(next.config)]);
  const options = [...keys].filter((key) => !isDeepStrictEqual(old.config[key], next.config[key])).sort();
  const same = isDeepStrictEqual(
    [old.restart, old.onStartError, old.callTimeout, old.select, old.refs],
    [next.restart, next.onStartError, next.callTimeout, next.select, next.refs],
  );
  if (options.length === 0 && same) return undefined;
  const properties = (next.plugin.manifest.config["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  if (same && options.every((key) => properties[key]?.["x-reload"] === "live")) return { action: "live", options };
  return { action: isRestartable(old, plan) ? "restart" : "host", options };
}
