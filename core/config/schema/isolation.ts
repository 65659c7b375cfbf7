import type { IsolationLimits } from "../plan.ts";
import type { KeyedNode } from "../read/tree.ts";
import { coerceUnits } from "./coerce.ts";
import { workerLimits } from "./instance-schema.ts";
import { withDefaults } from "./schema-walk.ts";

/** `isolate` of an instance, with its defaults; undefined where it runs in the host's own process. */
export function isolationOf(isolate: unknown, tree: KeyedNode): IsolationLimits | undefined {
  if (isolate === undefined || isolate === "none") return undefined;
  const limits = isolate === "worker" ? {} : (isolate as { readonly worker?: unknown }).worker;
  return coerceUnits(workerLimits, withDefaults(workerLimits, limits), tree, "/") as IsolationLimits;
}
