import type { FlowNode } from "../contract/flow.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import type { HostRoom } from "../contract/queue.ts";
import { flowShape, isAbsent } from "../kit/flow/index.ts";
import { isJsonObject } from "../kit/untrusted/parse-json.ts";

/** An instance with its options as they are now, and their schema. */
export interface OptionsOf {
  readonly config: Readonly<Record<string, unknown>>;
  readonly schema: JsonSchema;
}

/** How many of an instance one run needs at once. */
type Needs = ReadonlyMap<string, number>;

/**
 * Runs that a host bears at once: what its flows need of a sandbox's pool or a model's limit may not be more than that
 * has. Undefined where no option bounds anything.
 */
export function roomOf(
  flows: Readonly<Record<string, FlowNode>>,
  optionsOf: (id: string) => OptionsOf | undefined,
): HostRoom | undefined {
  let least: HostRoom | undefined;
  for (const flow of Object.values(flows)) {
    if (isAbsent(flow)) continue;
    for (const [id, count] of needsOf(flow)) {
      const options = optionsOf(id);
      const bears = options === undefined ? 0 : boundIn(options.schema, options.config);
      if (bears <= 0) continue;
      const runs = Math.max(1, Math.floor(bears / count));
      if (least === undefined || runs < least.runs) least = { runs, bound: id };
    }
  }
  return least;
}

/** The smallest number among the options that say `x-capacity`, at any depth; 0 where none says one. */
function boundIn({ properties }: JsonSchema, config: Readonly<Record<string, unknown>>): number {
  let least = 0;
  for (const [name, schema] of Object.entries((properties ?? {}) as Readonly<Record<string, JsonSchema>>)) {
    const value = config[name];
    const own = schema["x-capacity"] === true && typeof value === "number" ? value : 0;
    const bound = isJsonObject(value) ? boundIn(schema, value) : own;
    if (bound > 0 && (least === 0 || bound < least)) least = bound;
  }
  return least;
}

/** One after the other needs the most of each; side by side the sum; of several to choose from the first, or a share. */
function needsOf(node: FlowNode): Needs {
  if (node.kind === "instance") return new Map(node.absent ? [] : [[node.id, 1]]);
  const { arrangement, children } = flowShape(node);
  const all = children.map((child) => child.node);
  const present = all.filter((each) => !isAbsent(each));
  switch (arrangement) {
    case "sequence":
    case "repeat":
    case "choice":
      return together(all, Math.max);
    case "on-failure":
      return together(present.slice(0, 1), Math.max);
    case "share":
      return new Map([...together(present, sum)].map(([id, count]) => [id, count / present.length]));
    case "side-by-side":
      return together(present, sum);
  }
}

function together(nodes: readonly FlowNode[], join: (one: number, other: number) => number): Needs {
  const needs = new Map<string, number>();
  for (const node of nodes) for (const [id, count] of needsOf(node)) needs.set(id, join(needs.get(id) ?? 0, count));
  return needs;
}

function sum(one: number, other: number): number {
  return one + other;
}
