import type { PluginKind } from "../../contract/plugin.ts";
import type { DiscoveredPlugin } from "../plan.ts";
import type { ProfileSource } from "../read/source.ts";
import { anchorOf, type KeyedNode, type MapNode } from "../read/tree.ts";
import { type Draft, draftInstance, type InstanceContext } from "./draft-instances.ts";

/**
 * Adds what a profile need not say: services whose tokens somebody requires, and a store. Returns the drafts with the
 * added ones last.
 */
export async function addImplicit(
  declared: readonly Draft[],
  source: ProfileSource,
  wantsStore: boolean,
  context: InstanceContext,
): Promise<readonly Draft[]> {
  const drafts = [...declared];
  const add = async (plugin: DiscoveredPlugin, wanted: string) => {
    drafts.push(await draftInstance(freeId(wanted, drafts), treeFor(plugin, source), context, true));
  };
  const has = (kind: PluginKind) => drafts.some((draft) => draft.plugin?.manifest.kind === kind);
  if (wantsStore && !has("store") && declared.every((draft) => draft.plugin !== undefined)) {
    const stores = await context.plugins.builtIns();
    const plugin = stores.find(
      ({ manifest: { kind, capabilities } }) => kind === "store" && capabilities?.includes("stands-in"),
    );
    if (plugin !== undefined) await add(plugin, "store");
  }
  // A service may require another one: the list grows while it is walked.
  for (let index = 0; index < drafts.length; index += 1) {
    const draft = drafts[index];
    if (draft === undefined || draft.absent !== undefined) continue;
    for (const token of draft.plugin?.manifest.requires ?? []) {
      if (provider(token, drafts) !== undefined) continue;
      const builtIns = await context.plugins.builtIns();
      const plugin = builtIns.find(({ manifest }) => manifest.provides?.includes(token));
      if (plugin !== undefined) await add(plugin, plugin.manifest.name);
      else reportMissing(draft, token, context);
    }
  }
  reportDoubles(drafts, context);
  return drafts;
}

function provider(token: string, drafts: readonly Draft[]): Draft | undefined {
  return drafts.find((draft) => draft.absent === undefined && draft.plugin?.manifest.provides?.includes(token));
}

function freeId(wanted: string, drafts: readonly Draft[]): string {
  let id = wanted;
  for (let count = 2; drafts.some((draft) => draft.id === id); count += 1) id = `${wanted}-${count}`;
  return id;
}

/** An instance as if it had been written, without text to point at. */
function treeFor(plugin: DiscoveredPlugin, source: ProfileSource): KeyedNode {
  const place = { source };
  const use = plugin.origin === "built-in" ? plugin.manifest.name : plugin.folder;
  const entries: MapNode["entries"] = new Map([["use", { key: place, value: { kind: "scalar", place, value: use } }]]);
  return { node: { kind: "map", place, entries }, key: place };
}

function reportMissing({ tree, plugin }: Draft, token: string, { problems }: InstanceContext): void {
  problems.add({
    code: "SLUICE_CONFIG_UNKNOWN_REFERENCE",
    message: `${plugin?.manifest.name} needs a service that provides \`${token}\`, and none does`,
    cure: "Declare an instance of a plugin that provides it.",
    place: anchorOf(tree),
  });
}

function reportDoubles(drafts: readonly Draft[], { problems }: InstanceContext): void {
  for (const draft of drafts) {
    if (draft.absent !== undefined) continue;
    for (const token of draft.plugin?.manifest.provides ?? []) {
      const first = provider(token, drafts);
      if (first === undefined || first === draft) continue;
      problems.add({
        code: "SLUICE_CONFIG_RESOURCE_CONFLICT",
        message: `\`${draft.id}\` and \`${first.id}\` both provide \`${token}\``,
        cure: "Keep one of the two.",
        place: anchorOf(draft.tree),
      });
    }
  }
}
