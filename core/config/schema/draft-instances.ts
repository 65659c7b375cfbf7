import { SluiceError } from "../../contract/errors.ts";
import type { JsonSchema } from "../../contract/json-schema.ts";
import { nearest } from "../../kit/text/nearest.ts";
import { inTime, isOverTime } from "../../kit/untrusted/in-time.ts";
import type { DeliveryPolicy, DiscoveredPlugin, IsolationLimits, RestartPolicy } from "../plan.ts";
import type { PluginSource } from "../plugin-source.ts";
import type { Unset } from "../read/interpolate.ts";
import type { ProblemInput, Problems } from "../read/problems.ts";
import { anchorOf, child, type KeyedNode, type MapNode, toValue } from "../read/tree.ts";
import { coerceInterpolated, coerceUnits } from "./coerce.ts";
import { deliveryOf } from "./delivery.ts";
import { instanceEnvelope } from "./instance-schema.ts";
import { isolationOf } from "./isolation.ts";
import { schemaProblems } from "./schema-problems.ts";
import { withDefaults } from "./schema-walk.ts";
import { collectSecrets } from "./secrets.ts";

/** An instance on its way into the plan. */
export interface Draft {
  readonly id: string;
  /** The instance's key and value; without text for those that the core adds. */
  readonly tree: KeyedNode;
  /** What stands under `with`, or an empty map at the instance's key. */
  readonly withTree: KeyedNode;
  /** Undefined when `use` names nothing that works. */
  readonly plugin?: DiscoveredPlugin;
  /** What can be said of its options for further checks, even when something is wrong with others of them. */
  readonly known?: Readonly<Record<string, unknown>>;
  /** What the plugin receives; undefined when something is wrong with it. */
  readonly config?: Readonly<Record<string, unknown>>;
  absent?: string;
  refs: Record<string, string | readonly string[]>;
  readonly optional: boolean;
  readonly restart: RestartPolicy;
  readonly onStartError: "fail" | "retry" | "skip" | undefined;
  readonly callTimeout: number;
  readonly isolate?: IsolationLimits | undefined;
  readonly deliver: DeliveryPolicy;
  readonly select: readonly string[];
  readonly implicit: boolean;
}

export interface InstanceContext {
  readonly plugins: PluginSource;
  readonly problems: Problems;
  readonly unset: readonly Unset[];
  readonly secrets: Set<string>;
  /** Folder of the profile. */
  readonly folder: string;
  /** Plugins that a client's text may name besides those that are built in; undefined for any. */
  readonly uses: ReadonlySet<string> | undefined;
}

/** Everything that can be said about one instance alone. */
export async function draftInstance(
  id: string,
  tree: KeyedNode,
  context: InstanceContext,
  implicit = false,
): Promise<Draft> {
  const { node } = tree;
  coerceInterpolated(node, instanceEnvelope);
  const plugin = await findPlugin(tree, context);
  const own = checkEnvelope(id, tree, plugin, context.problems);
  const absent = absence(id, own.optional, context);
  const withTree = withTreeOf(tree);
  const options = plugin === undefined ? {} : checkInTime(plugin, withTree, absent !== undefined, context);
  return { id, tree, withTree, plugin, absent, refs: {}, implicit, ...own, ...options };
}

function withTreeOf(tree: KeyedNode): KeyedNode {
  const own = child(tree.node, "with");
  if (own !== undefined && own.node.kind === "map") return own;
  const empty: MapNode = { kind: "map", place: anchorOf(tree), entries: new Map() };
  return { node: empty, key: anchorOf(tree) };
}

async function findPlugin(
  { node }: KeyedNode,
  { plugins, problems, uses }: InstanceContext,
): Promise<DiscoveredPlugin | undefined> {
  const use = child(node, "use")?.node;
  if (use?.kind !== "scalar" || typeof use.value !== "string" || use.value === "" || use.broken) return undefined;
  if (
    uses !== undefined &&
    use.place.source.order === 0 &&
    !uses.has(use.value) &&
    !plugins.names().includes(use.value)
  ) {
    const message = "a text that comes from a client can use what is built in, and what the profile uses already";
    problems.add({ code: "SLUICE_CONFIG_UNTRUSTED", message, place: use.place });
    return undefined;
  }
  const found = await plugins.find(use.value, use.place.source.folder);
  if ("plugin" in found) return found.plugin;
  const { code, cure, candidates } = found.failure;
  const { written } = use;
  const message = written === undefined ? found.failure.message : `${written} names no plugin that can be used`;
  // What is near to a value tells of the value.
  const suggestion = candidates === undefined || written !== undefined ? undefined : nearest(use.value, candidates);
  problems.add({ code, message, cure, suggestion, place: use.place });
  return undefined;
}

type Envelope = Pick<Draft, "optional" | "restart" | "onStartError" | "callTimeout" | "isolate" | "deliver" | "select">;

function checkEnvelope(
  id: string,
  tree: KeyedNode,
  plugin: DiscoveredPlugin | undefined,
  problems: Problems,
): Envelope {
  const value = toValue(tree.node);
  const found = schemaProblems(instanceEnvelope, value, tree, {
    name: `instance \`${id}\``,
    word: "key",
    cure: "Keys of an instance are use, with, optional, restart, onStartError, callTimeout, isolate, deliver and select; its plugin's options go under `with`.",
  });
  const options = Object.keys((plugin?.manifest.config["properties"] ?? {}) as object);
  for (const problem of found) problems.add(misplaced(problem, tree, options) ?? problem);
  for (const key of ["select", "deliver"]) {
    const own = child(tree.node, key);
    if (own === undefined || plugin === undefined || plugin.manifest.kind === "sink") continue;
    const message = `\`${key}\` is for sinks, and ${plugin.manifest.name} is a ${plugin.manifest.kind}`;
    problems.add({ code: "SLUICE_CONFIG_UNKNOWN_KEY", message, place: anchorOf(own), cure: "Remove the key." });
  }
  // Where the envelope is wrong there will be no plan; the defaults let the rest be checked. A variable that is
  // not set is told of already, and may stand in the place of the whole map.
  const usable = found.length === 0 && tree.node.kind === "map" ? value : { use: "" };
  const written = withDefaults(instanceEnvelope, usable);
  const full = coerceUnits(instanceEnvelope, written, tree, "/") as Record<string, unknown>;
  return {
    optional: isOptional(tree),
    restart: full["restart"] as RestartPolicy,
    onStartError: full["onStartError"] as Draft["onStartError"],
    callTimeout: full["callTimeout"] as number,
    isolate: isolationOf(full["isolate"], tree),
    deliver: deliveryOf(full["deliver"], written),
    select: [full["select"] ?? plugin?.manifest.selects ?? []].flat() as string[],
  };
}

function isOptional(tree: KeyedNode): boolean {
  const node = child(tree.node, "optional")?.node;
  return node?.kind === "scalar" && node.value === true;
}

/** An option of the plugin that stands beside `with` instead of under it. */
function misplaced(problem: ProblemInput, tree: KeyedNode, options: readonly string[]): ProblemInput | undefined {
  if (problem.code !== "SLUICE_CONFIG_UNKNOWN_KEY" || tree.node.kind !== "map") return undefined;
  const entries = [...tree.node.entries];
  const key = entries.find(([name, entry]) => entry.key === problem.place && options.includes(name))?.[0];
  if (key === undefined) return undefined;
  return { ...problem, suggestion: undefined, cure: `\`${key}\` is an option of the plugin: write it under \`with\`.` };
}

function absence(id: string, optional: boolean, { unset, problems }: InstanceContext): string | undefined {
  const own = unset.filter(({ segments }) => segments[0] === "plugins" && segments[1] === id);
  const reasons: string[] = [];
  for (const { segments, reason, problem } of own) {
    if (optional && segments[2] === "with") reasons.push(reason);
    else problems.add(problem);
  }
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join("; ");
}

/** Milliseconds that options may take to be held to the schema of somebody's own plugin: a pattern can take for ever. */
const toCheck = 5_000;

function checkInTime(
  plugin: DiscoveredPlugin,
  withTree: KeyedNode,
  absent: boolean,
  context: InstanceContext,
): Pick<Draft, "config" | "known"> {
  const work = () => checkConfig(plugin, withTree, absent, context);
  if (plugin.origin === "built-in") return work();
  try {
    return inTime(work, toCheck);
  } catch (error) {
    const why = isOverTime(error) ? `takes longer than ${toCheck / 1_000} s` : SluiceError.from(error).message;
    const message = `options cannot be held to the schema of ${plugin.manifest.name}: it ${why}`;
    context.problems.add({ code: "SLUICE_PLUGIN_MANIFEST", message, place: anchorOf(withTree) });
    return {};
  }
}

function checkConfig(
  plugin: DiscoveredPlugin,
  withTree: KeyedNode,
  absent: boolean,
  { problems, secrets, folder }: InstanceContext,
): Pick<Draft, "config" | "known"> {
  const { name, config: declared } = plugin.manifest;
  const schema = strict(declared);
  coerceInterpolated(withTree.node, schema);
  const value = withDefaults(schema, toValue(withTree.node));
  collectSecrets(schema, value, withTree, secrets, problems);
  const found = schemaProblems(schema, value, withTree, { name, word: "option", cure: `sluice plugins info ${name}` });
  for (const problem of found) problems.add(problem);
  const known = coerceUnits(schema, value, withTree, folder) as Record<string, unknown>;
  if (found.length > 0) return { known };
  return { known, config: absent ? withoutBroken(known, withTree) : known };
}

const strictSchemas = new WeakMap<JsonSchema, JsonSchema>();

/** Unknown options are errors unless the manifest says otherwise. */
function strict(schema: JsonSchema): JsonSchema {
  if (schema["additionalProperties"] !== undefined || schema["unevaluatedProperties"] !== undefined) return schema;
  let closed = strictSchemas.get(schema);
  if (closed === undefined) {
    closed = { ...schema, additionalProperties: false };
    strictSchemas.set(schema, closed);
  }
  return closed;
}

/** The options of an absent instance whose variable is not set are left out. */
function withoutBroken(config: Record<string, unknown>, withTree: KeyedNode): Record<string, unknown> {
  const kept = Object.entries(config).filter(([key]) => {
    const node = child(withTree.node, key)?.node;
    return !(node?.kind === "scalar" && node.broken);
  });
  return Object.fromEntries(kept);
}
