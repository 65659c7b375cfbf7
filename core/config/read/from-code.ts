import type { Problems } from "./problems.ts";
import type { SourcePlace } from "./source.ts";
import type { MapEntry, MapNode, ProfileNode } from "./tree.ts";

/** A profile given as an object: the same tree, without places. Keys whose value is undefined are left out. */
export function fromCode(config: unknown, place: SourcePlace, problems: Problems): MapNode | undefined {
  const node = convert(config, place, problems, "", new Set());
  if (node?.kind === "map") return node;
  problems.add({
    code: "SLUICE_CONFIG_TYPE",
    message: "a profile is an object with version, plugins and flows",
    place,
  });
  return undefined;
}

function convert(
  value: unknown,
  place: SourcePlace,
  problems: Problems,
  path: string,
  open: Set<object>,
): ProfileNode | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean")
    return { kind: "scalar", place, value };
  if (typeof value === "number" && Number.isFinite(value)) return { kind: "scalar", place, value };
  const plain = Array.isArray(value) || (typeof value === "object" && isPlain(value));
  if (!plain || open.has(value)) {
    const message = plain ? `${path || "/"} contains itself` : `${path || "/"} is no plain data`;
    problems.add({
      code: "SLUICE_CONFIG_TYPE",
      message,
      place,
      cure: "Use objects, lists, text, numbers, booleans, null.",
    });
    return undefined;
  }
  open.add(value);
  try {
    if (Array.isArray(value)) {
      const items = value.map((item, index) => convert(item, place, problems, `${path}/${index}`, open));
      return { kind: "list", place, items: items.filter((item) => item !== undefined) };
    }
    const entries = new Map<string, MapEntry>();
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const node = convert(item, place, problems, `${path}/${key}`, open);
      if (node !== undefined) entries.set(key, { key: place, value: node });
    }
    return { kind: "map", place, entries };
  } finally {
    open.delete(value);
  }
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
