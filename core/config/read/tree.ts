import type { SourcePlace } from "./source.ts";

/**
 * A profile as data that remembers where it was written. Every later step works on it: merging, interpolation,
 * coercion; plain values come out of it with `toValue`.
 */
export type ProfileNode = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: "map";
  readonly place: SourcePlace;
  readonly entries: Map<string, MapEntry>;
}

export interface MapEntry {
  readonly key: SourcePlace;
  readonly value: ProfileNode;
}

export interface ListNode {
  readonly kind: "list";
  readonly place: SourcePlace;
  readonly items: ProfileNode[];
}

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly place: SourcePlace;
  value: Scalar;
  /** What was interpolated into it, such as `{ name: "${env:KEY}", value: "..." }`. */
  variables?: readonly Variable[];
  /** What was written where the value came out of it: what messages show instead of the value. */
  written?: string;
  /** Paths that its expressions name. */
  files?: readonly string[];
  /** An expression in it has no value; whatever else is wrong with it is noise. */
  broken?: boolean;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** A node, and the key under which it stands. */
export interface KeyedNode {
  readonly node: ProfileNode;
  readonly key?: SourcePlace;
}

/** Where one would point at it: its key, else itself. */
export function anchorOf(located: KeyedNode): SourcePlace {
  return located.key ?? located.node.place;
}

export function child(node: ProfileNode, segment: string): KeyedNode | undefined {
  if (node.kind === "map") {
    const entry = node.entries.get(segment);
    return entry === undefined ? undefined : { node: entry.value, key: entry.key };
  }
  const item = node.kind === "list" ? node.items[Number(segment)] : undefined;
  return item === undefined ? undefined : { node: item };
}

/** Follows a path as far as it exists; `rest` is what does not. */
export function locate(from: KeyedNode, segments: readonly string[]): { found: KeyedNode; rest: readonly string[] } {
  let found = from;
  for (const [index, segment] of segments.entries()) {
    const next = child(found.node, segment);
    if (next === undefined) return { found, rest: segments.slice(index) };
    found = next;
  }
  return { found, rest: [] };
}

export function toValue(node: ProfileNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toValue);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) value[key] = toValue(entry.value);
  return value;
}

export function walkScalars(
  node: ProfileNode,
  visit: (scalar: ScalarNode, segments: readonly string[]) => void,
  segments: readonly string[] = [],
): void {
  if (node.kind === "scalar") visit(node, segments);
  else if (node.kind === "list") {
    for (const [index, item] of node.items.entries()) walkScalars(item, visit, [...segments, String(index)]);
  } else for (const [key, entry] of node.entries) walkScalars(entry.value, visit, [...segments, key]);
}

/** JSON pointer (RFC 6901) to segments. */
export function segmentsOf(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function pointerOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** How messages name an option: `network.allow[0]`. */
export function optionName(segments: readonly string[]): string {
  return segments.reduce((name, segment) => {
    if (/^\d+$/.test(segment)) return `${name}[${segment}]`;
    return name === "" ? segment : `${name}.${segment}`;
  }, "");
}
