import type { ProfileNode } from "../read/tree.ts";

/** A number, also one that came as text out of a variable. */
export function scalarNumber(node: ProfileNode): number | undefined {
  if (node.kind !== "scalar") return undefined;
  if (typeof node.value === "number") return node.value;
  const text = node.variables !== undefined && typeof node.value === "string" ? node.value : "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
