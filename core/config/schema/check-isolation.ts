import type { PluginKind } from "../../contract/plugin.ts";
import type { Problems } from "../read/problems.ts";
import { anchorOf, child } from "../read/tree.ts";
import type { Draft } from "./draft-instances.ts";

/** What the host calls with values alone, and answers with values and streams. */
const isolable: ReadonlySet<PluginKind> = new Set(["model", "sandbox", "stage", "sink", "store"]);

/** Bytes below which not even an empty plugin and what it imports find room. */
const leastHeap = 32 * 1024 * 1024;

/** Says of each instance that cannot run apart why: objects and callbacks do not go from one process to another. */
export function checkIsolation(drafts: readonly Draft[], problems: Problems): void {
  for (const draft of drafts) {
    const own = child(draft.tree.node, "isolate");
    if (own === undefined || draft.isolate === undefined || draft.plugin === undefined) continue;
    const place = anchorOf(own);
    const why = obstacle(draft);
    if (why !== undefined) {
      problems.add({ code: "SLUICE_CONFIG_ISOLATION", message: `\`${draft.id}\` cannot be isolated: ${why}`, place });
    } else if (draft.isolate.heap < leastHeap) {
      const message = `\`${draft.id}\` needs a heap of 32mb at least`;
      problems.add({ code: "SLUICE_CONFIG_VALUE", message, cure: "Write heap: 32mb, or more.", place });
    }
  }
}

function obstacle({ plugin, refs }: Draft): string | undefined {
  const { kind, name, requires = [] } = plugin?.manifest ?? { kind: "service", name: "" };
  if (kind === "service") return `${name} is a service, and others call the object it provides`;
  if (!isolable.has(kind)) return `${name} is a ${kind}, and calls the objects of its host`;
  const [option] = Object.keys(refs);
  if (option !== undefined) return `its option \`${option}\` refers to another instance`;
  const [token] = requires;
  return token === undefined ? undefined : `${name} injects what another instance provides (${token})`;
}
