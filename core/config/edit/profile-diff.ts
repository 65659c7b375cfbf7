import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../../contract/json-schema.ts";
import type { ProfileChange } from "../../contract/operation.ts";
import type { PluginKind } from "../../contract/plugin.ts";
import type { Plan, PlannedInstance } from "../plan.ts";

/** Kinds of which one alone can be taken down and up again beneath a running host. */
const restartable: ReadonlySet<PluginKind> = new Set(["model", "sandbox", "stage"]);

/** The changes of a running host that is to serve the other plan: of its instances, flows and budgets. */
export function profileChanges(before: Plan, after: Plan): readonly ProfileChange[] {
  const known = new Map(before.instances.map((instance) => [instance.id, instance]));
  const changes = new Map<string, ProfileChange>();
  for (const instance of after.instances) {
    const { id } = instance;
    const old = known.get(id);
    known.delete(id);
    const change = old === undefined ? { action: actionOf(instance, "add"), options: [] } : changeOf(old, instance);
    if (change !== undefined) changes.set(id, { instance: id, ...change });
  }
  for (const [id, old] of known) changes.set(id, { instance: id, action: actionOf(old, "drop"), options: [] });
  for (const instance of dependents(after, changes)) {
    changes.set(instance.id, { instance: instance.id, action: actionOf(instance, "restart"), options: [] });
  }
  const all = [...changes.values()];
  for (const part of ["flows", "budgets"] as const) {
    const retries = part === "flows" ? namesThatDiffer(before.retries, after.retries) : [];
    const options = [...new Set([...namesThatDiffer(before[part], after[part]), ...retries])];
    if (options.length > 0) all.push({ instance: part, action: "live", options });
  }
  return all;
}

/** Whether an instance alone can be taken down and up again: nobody else may hold on to the old one. */
export function isRestartable(instance: PlannedInstance, plan: Plan): boolean {
  if (!restartable.has(instance.plugin.manifest.kind) || instance.absent !== undefined) return false;
  return !plan.instances.some(({ refs }) => Object.values(refs).flat().includes(instance.id));
}

/** A store holds what every run has said: it stays for as long as the host does. */
function actionOf({ plugin }: PlannedInstance, action: "add" | "drop" | "restart"): ProfileChange["action"] {
  return plugin.manifest.kind === "store" ? "host" : action;
}

function changeOf(old: PlannedInstance, next: PlannedInstance): Omit<ProfileChange, "instance"> | undefined {
  const replaced = { action: actionOf(next, "restart"), options: [] };
  if (old.plugin.folder !== next.plugin.folder || old.absent !== next.absent) return replaced;
  if (old.plugin.code?.digest !== next.plugin.code?.digest) return { ...replaced, options: ["its code"] };
  const options = namesThatDiffer(old.config, next.config);
  const same = isDeepStrictEqual(
    [old.restart, old.onStartError, old.callTimeout, old.isolate, old.deliver, old.select, old.refs],
    [next.restart, next.onStartError, next.callTimeout, next.isolate, next.deliver, next.select, next.refs],
  );
  if (options.length === 0 && same) return undefined;
  const properties = (next.plugin.manifest.config["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  if (same && options.every((key) => properties[key]?.["x-reload"] === "live")) return { action: "live", options };
  return { ...replaced, options };
}

/** Those that hold on to an instance that another takes the place of, and those that hold on to them. */
function dependents(plan: Plan, changes: ReadonlyMap<string, ProfileChange>): readonly PlannedInstance[] {
  const moved = new Set([...changes.values()].filter(({ action }) => action !== "live").map((each) => each.instance));
  const found: PlannedInstance[] = [];
  const holds = ({ refs, plugin }: PlannedInstance): boolean => {
    const services = plan.instances.filter(({ plugin: { manifest } }) =>
      manifest.provides?.some((token) => plugin.manifest.requires?.includes(token)),
    );
    return [...Object.values(refs).flat(), ...services.map(({ id }) => id)].some((id) => moved.has(id));
  };
  for (let more = true; more; ) {
    const next = plan.instances.filter((instance) => !moved.has(instance.id) && holds(instance));
    for (const { id } of next) moved.add(id);
    found.push(...next);
    more = next.length > 0;
  }
  return found;
}

function namesThatDiffer(before: object, after: object): string[] {
  const [old, next] = [before, after] as Readonly<Record<string, unknown>>[];
  const names = new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})]);
  return [...names].filter((name) => !isDeepStrictEqual(old?.[name], next?.[name])).sort();
}
