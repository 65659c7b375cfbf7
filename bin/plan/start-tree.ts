import type { InstanceDetails } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { duration } from "../output/style.ts";

type InstanceStart = Pick<InstanceDetails, "id" | "plugin" | "status" | "needs" | "startMs" | "absent">;

/**
 * How long each instance took to start, below the one that it waited for: of several, the one that took longest. `total`
 * is the time of the whole start, in which those that wait for nobody start side by side.
 */
export function startTree(instances: readonly InstanceStart[], total: number): string {
  const byId = new Map(instances.map((instance) => [instance.id, instance]));
  const below = new Map<string | undefined, InstanceStart[]>();
  for (const instance of instances) {
    const needed = instance.needs
      .flatMap((id) => byId.get(id) ?? [])
      .sort((a, b) => (b.startMs ?? 0) - (a.startMs ?? 0));
    const parent = needed[0]?.id;
    below.set(parent, [...(below.get(parent) ?? []), instance]);
  }
  const lines = (parent: string | undefined, lead: string, way: readonly string[]): string[] =>
    (below.get(parent) ?? []).flatMap((instance, index, all) => {
      if (way.includes(instance.id)) return [];
      const last = index === all.length - 1;
      const own = `${lead}${last ? "└─" : "├─"} ${rowOf(instance)}`;
      return [own, ...lines(instance.id, `${lead}${last ? "   " : "│  "}`, [...way, instance.id])];
    });
  return `started in ${duration(total)}\n${lines(undefined, "", []).join("\n")}\n`;
}

function rowOf({ id, plugin, status, startMs, absent }: InstanceStart): string {
  const name = id === plugin ? printable(id) : `${printable(id)} (${printable(plugin)})`;
  if (absent !== undefined) return `${name}: absent, ${printable(absent)}`;
  if (status !== "ok" && status !== "degraded") return `${name}: ${status}`;
  const took = startMs === undefined ? "" : ` ${startMs === 0 ? "below 1ms" : duration(startMs)}`;
  return `${name}${took}${status === "degraded" ? ", degraded" : ""}`;
}
