import type { ConfigIssue, PluginDefinition } from "../contract/plugin.ts";
import { importPlugin } from "../plugin/import-plugin.ts";
import type { Draft } from "./instances.ts";
import type { Problems } from "./problems.ts";
import { anchorOf, locate, segmentsOf } from "./tree.ts";

/**
 * Runs the `check` of the plugins whose manifest says that they have one; only their modules are imported, and only
 * where the configuration is sound otherwise.
 */
export async function checkModules(drafts: readonly Draft[], problems: Problems): Promise<void> {
  await Promise.all(
    drafts.map(async (draft) => {
      if (draft.plugin?.manifest.checks !== true || draft.config === undefined || draft.absent !== undefined) return;
      try {
        const module = (await importPlugin(draft.plugin)) as Pick<PluginDefinition, "check">;
        for (const issue of module.check?.(draft.config) ?? []) report(draft, issue, problems);
      } catch (error) {
        problems.add({
          code: "SLUICE_PLUGIN_LOAD",
          message: `${draft.plugin.manifest.name} cannot be asked to check \`${draft.id}\`: ${reason(error)}`,
          place: anchorOf(draft.tree),
        });
      }
    }),
  );
}

function report(draft: Draft, issue: ConfigIssue, problems: Problems): void {
  const { found, rest } = locate(draft.withTree, segmentsOf(issue.path));
  const place = rest.length === 0 && issue.path !== "" ? found.node.place : anchorOf(found);
  problems.add({ code: "SLUICE_CONFIG_VALUE", message: issue.message, cure: issue.cure, place });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
