import type { Plan } from "../config/plan.ts";
import type { PluginKind } from "../contract/plugin.ts";
import { RunQueueToken } from "../contract/tokens.ts";
import { closure } from "./order.ts";

/**
 * What becomes of an instance that cannot start, where the profile says nothing. A host that serves goes on without what
 * only some runs need, and tries again; one that was made for one run has no use without it. Logs are never worth a run.
 */
export function startErrorOf(kind: PluginKind, serving: boolean): "fail" | "retry" {
  if (kind === "sink") return "retry";
  const needed = kind === "transport" || kind === "service" || kind === "store";
  return serving && !needed ? "retry" : "fail";
}

/** Ids that take part in a host: everything, or what one flow leads to with the stores and sinks. */
export function wantedIds(
  plan: Plan,
  flowInstances: readonly string[] | undefined,
  transports: boolean,
): ReadonlySet<string> {
  const always = new Set<PluginKind>(["store", "sink"]);
  const roots = plan.instances.filter(({ id, plugin: { manifest } }) => {
    if (always.has(manifest.kind)) return true;
    if (manifest.kind === "transport") return transports;
    // A service is started for whoever requires it, or where it is named; a queue also where the host serves.
    if (manifest.kind === "service") {
      const sharesRuns = transports && manifest.provides?.includes(RunQueueToken.id) === true;
      return sharesRuns || flowInstances?.includes(id) === true;
    }
    return flowInstances === undefined || flowInstances.includes(id);
  });
  return closure(
    roots.filter((each) => each.absent === undefined).map((each) => each.id),
    plan.instances,
  );
}
