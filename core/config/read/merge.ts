import type { MapNode, ProfileNode } from "./tree.ts";

/**
 * Lays one profile over another: maps merge key by key, lists and scalars replace. `extends` itself is not inherited.
 * Each value keeps the place where it was written.
 */
export function merge(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries);
  entries.delete("extends");
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below === undefined ? entry : { key: entry.key, value: mergeNode(below.value, entry.value) });
  }
  return { kind: "map", place: over.place, entries };
}

function mergeNode(base: ProfileNode, over: ProfileNode): ProfileNode {
  return base.kind === "map" && over.kind === "map" ? merge(base, over) : over;
}
