import { SluiceError } from "../contract/errors.ts";
import type { PluginKind, PluginManifest } from "../contract/plugin.ts";
import { kindOf } from "./checked/fault.ts";

/** What an instance of each kind cannot do without: methods, and fields that are texts. */
const shapes: Readonly<
  Record<PluginKind, { readonly methods: readonly string[]; readonly texts?: readonly string[] }>
> = {
  model: { methods: ["generate"], texts: ["modelId"] },
  sandbox: { methods: ["open"] },
  stage: { methods: ["apply"] },
  transport: { methods: ["start"] },
  sink: { methods: ["write", "flush"] },
  store: { methods: ["append", "read", "runs", "unfinished"] },
  service: { methods: [] },
};

/** What may be there besides, and is called where it is. */
const optional = ["start", "drain", "reconfigure"] as const;

/**
 * Holds what `create` returned to the contract of its kind. So a slip is told by name at the start, and not by a
 * `TypeError` in a run.
 * @throws SluiceError SLUICE_PLUGIN_CREATE
 */
export function demandShape(id: string, { name, kind }: PluginManifest, instance: unknown): void {
  const { methods, texts = [] } = shapes[kind];
  const what = problemOf(instance, methods, texts);
  if (what === undefined) return;
  throw new SluiceError("SLUICE_PLUGIN_CREATE", `${id}: create of ${name} returned ${what}`, {
    cure: `A ${kind} has ${[...methods, ...texts, "[Symbol.asyncDispose]"].join(", ")}: see its type in sluicebox/contract.`,
  });
}

function problemOf(instance: unknown, methods: readonly string[], texts: readonly string[]): string | undefined {
  if (typeof instance !== "object" || instance === null) return kindOf(instance);
  const created = instance as Readonly<Record<PropertyKey, unknown>>;
  if (typeof created["then"] === "function") return "a promise: what takes time belongs into start";
  const missing = [
    ...methods.filter((method) => typeof created[method] !== "function"),
    ...texts.filter((text) => typeof created[text] !== "string"),
    ...(typeof created[Symbol.asyncDispose] === "function" ? [] : ["[Symbol.asyncDispose]"]),
  ];
  if (missing.length > 0) return `something without ${missing.join(", ")}`;
  const wrong = optional.find((method) => created[method] !== undefined && typeof created[method] !== "function");
  if (wrong !== undefined) return `something whose ${wrong} is ${kindOf(created[wrong])}`;
  const health = created["health$"] as { readonly subscribe?: unknown } | undefined;
  if (health === undefined || typeof health?.subscribe === "function") return undefined;
  return `something whose health$ is ${kindOf(health)}, and not an Observable`;
}

/** @throws SluiceError SLUICE_PLUGIN_FAULT */
export function demandHealth(id: string, health: unknown): void {
  const { status, reason } = (health ?? {}) as { readonly status?: unknown; readonly reason?: unknown };
  if (status === "ok") return;
  if ((status === "degraded" || status === "failed") && typeof reason === "string") return;
  throw new SluiceError("SLUICE_PLUGIN_FAULT", `${id}: health$ gave what is no health`);
}
