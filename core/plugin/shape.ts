import { SluiceError } from "../contract/errors.ts";
import type { PluginKind, PluginManifest } from "../contract/plugin.ts";

/** What an instance of each kind cannot do without: methods, and fields that are texts. */
const shapes: Readonly<
  Record<PluginKind, { readonly methods: readonly string[]; readonly texts?: readonly string[] }>
> = {
  model: { methods: ["generate"], texts: ["modelId"] },
  sandbox: { methods: ["open"] },
  stage: { methods: ["apply"] },
  transport: { methods: ["serve"] },
  sink: { methods: ["write", "flush"] },
  store: { methods: ["append", "read", "runs", "unfinished"] },
  service: { methods: [] },
};

/**
 * Holds what `create` returned to the contract of its kind, so that a slip is told by name when the host starts and not
 * by a `TypeError` in the middle of a run.
 * @throws SluiceError SLUICE_PLUGIN_CREATE
 */
export function demandShape(id: string, { name, kind }: PluginManifest, instance: unknown): void {
  const found = instance as Readonly<Record<PropertyKey, unknown>> | null | undefined;
  const has = (key: PropertyKey, type: string) => typeof found?.[key] === type;
  const { methods, texts = [] } = shapes[kind];
  const missing = [
    ...methods.filter((method) => !has(method, "function")),
    ...texts.filter((text) => !has(text, "string")),
    ...(has(Symbol.asyncDispose, "function") ? [] : ["[Symbol.asyncDispose]"]),
  ];
  if (missing.length === 0) return;
  const what = found === null || found === undefined ? `returned ${found}` : `lacks ${missing.join(", ")}`;
  throw new SluiceError("SLUICE_PLUGIN_CREATE", `${id} is no ${kind}: what ${name} creates ${what}`, {
    cure: `A ${kind} has ${[...methods, ...texts, "[Symbol.asyncDispose]"].join(", ")}: see its type in sluicebox/contract.`,
  });
}
