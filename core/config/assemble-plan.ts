import { resolve } from "node:path";
import type { JsonSchema } from "../contract/json-schema.ts";
import { deepFreeze } from "../kit/deep-freeze.ts";
import type { ReadFlows } from "./flows/check-flows.ts";
import type { Plan, PlannedBudgets, PlannedInstance } from "./plan.ts";
import { nameOf, type ProfileSource } from "./read/source.ts";
import { child, type MapNode, pointerOf, toValue, walkScalars } from "./read/tree.ts";
import { SecretMask } from "./report/mask.ts";
import { coerceUnits } from "./schema/coerce.ts";
import type { Draft } from "./schema/draft-instances.ts";
import { profileEnvelope } from "./schema/instance-schema.ts";
import { withDefaults } from "./schema/schema-walk.ts";
import { maskConfig } from "./schema/secrets.ts";
import type { PlannedTest } from "./tests/planned-test.ts";

/** A profile that has been read: where it came from, and its instances. */
export interface ReadProfile {
  readonly main: ProfileSource;
  readonly sources: readonly ProfileSource[];
  readonly root: MapNode;
  readonly drafts: readonly Draft[];
  readonly secrets: readonly string[];
}

/** The plan of a profile in which nothing is wrong. */
export function assemble(
  { main, sources, root, drafts, secrets }: ReadProfile,
  { flows, retries }: ReadFlows,
  tests: readonly PlannedTest[],
): Plan {
  const origins: Record<string, string> = {};
  walkScalars(root, (scalar, segments) => {
    origins[pointerOf(segments)] = nameOf(scalar.place);
  });
  const expressions = root.entries.get("flows")?.value;
  return deepFreeze({
    file: main.path,
    folder: main.folder,
    files: filesOf(sources, drafts),
    instances: drafts.flatMap((draft) => planned(draft)),
    flows,
    retries,
    budgets: budgetsOf(root),
    tests,
    expressions: expressions === undefined ? {} : (toValue(expressions) as Record<string, unknown>),
    secrets,
    origins,
    display: display(root, drafts, secrets),
  });
}

/** Every file that was read: the texts, what their `${file:...}` name, and the modules of plugins. */
function filesOf(sources: readonly ProfileSource[], drafts: readonly Draft[]): readonly string[] {
  const files = sources.flatMap(({ path, folder, text }) => {
    const named = [...text.matchAll(/\$\{file:([^}]+)\}/g)].map(([, file = ""]) => resolve(folder, file));
    return path === "<config>" ? named : [path, ...named];
  });
  return [...new Set([...files, ...drafts.flatMap(({ plugin }) => plugin?.code?.files ?? [])])];
}

function budgetsOf(root: MapNode): PlannedBudgets {
  const own = child(root, "budgets");
  const schema = (profileEnvelope["properties"] as Record<string, JsonSchema>)["budgets"];
  if (own === undefined || schema === undefined) return {};
  return coerceUnits(schema, withDefaults(schema, toValue(own.node)), own, "/") as PlannedBudgets;
}

function planned(draft: Draft): PlannedInstance[] {
  const { id, plugin, config, refs, absent, restart, onStartError, callTimeout, isolate, deliver, select, implicit } =
    draft;
  if (plugin === undefined || config === undefined) return [];
  const instance = {
    ...{ id, plugin, config, refs, restart, callTimeout, select, implicit },
    ...(onStartError === undefined ? {} : { onStartError }),
    ...(isolate === undefined ? {} : { isolate }),
    ...(plugin.manifest.kind === "sink" ? { deliver } : {}),
  };
  return [absent === undefined ? instance : { ...instance, absent }];
}

function display(root: MapNode, drafts: readonly Draft[], secrets: readonly string[]): unknown {
  const value = toValue(root) as { plugins?: Record<string, Record<string, unknown>> };
  for (const { id, plugin, tree } of drafts) {
    const instance = value.plugins?.[id];
    const own = child(tree.node, "with");
    if (instance === undefined || own === undefined || plugin === undefined) continue;
    instance["with"] = maskConfig(plugin.manifest.config, toValue(own.node));
  }
  return new SecretMask(secrets).value(value);
}
