import { SluiceError } from "../../contract/errors.ts";
import type { ConfigIssue } from "../../contract/plugin.ts";
import type { PluginSource } from "../plugin-source.ts";
import type { Problems } from "../read/problems.ts";
import { anchorOf, locate, segmentsOf } from "../read/tree.ts";
import type { Trust } from "../read/trust.ts";
import type { Draft } from "./draft-instances.ts";

/**
 * Imports the modules of other people's plugins, which may be broken, and of ours whose manifest says `checks`. It runs
 * `check` of those whose manifest says so; only where the configuration is sound otherwise.
 */
export async function checkModules(
  drafts: readonly Draft[],
  plugins: PluginSource,
  problems: Problems,
  trust: Trust,
): Promise<void> {
  await Promise.all(
    drafts.map(async (draft) => {
      const { plugin } = draft;
      if (plugin === undefined || draft.config === undefined || draft.absent !== undefined) return;
      const checks = plugin.manifest.checks === true;
      const foreign = plugin.origin !== "built-in";
      if (!checks && !foreign) return;
      if (trust === "client" || (trust === "unknown" && foreign)) {
        if (!checks) return;
        problems.add({ severity: "notice", code: "SLUICE_CONFIG_UNTRUSTED", ...skipped(draft, trust) });
        return;
      }
      try {
        const issues = await plugins.check(plugin, draft.config, draft.isolate);
        for (const issue of issues) report(draft, issue, problems);
      } catch (error) {
        problems.add({
          code: "SLUICE_PLUGIN_LOAD",
          message: `\`${draft.id}\` cannot be used: ${reason(error)}`,
          ...(SluiceError.is(error) ? { cure: error.cure } : {}),
          place: anchorOf(draft.tree),
        });
      }
    }),
  );
}

function skipped({ id, plugin, tree }: Draft, trust: Trust) {
  const message = `\`${id}\` was not asked to check its options: no code of ${plugin?.manifest.name} is imported for it`;
  const cure = trust === "client" ? "It is asked when the change is applied." : undefined;
  return { message, place: anchorOf(tree), ...(cure === undefined ? {} : { cure }) };
}

function report(draft: Draft, issue: ConfigIssue, problems: Problems): void {
  const { found, rest } = locate(draft.withTree, segmentsOf(issue.path));
  const place = rest.length === 0 && issue.path !== "" ? found.node.place : anchorOf(found);
  problems.add({ code: issue.code ?? "SLUICE_CONFIG_VALUE", message: issue.message, cure: issue.cure, place });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
