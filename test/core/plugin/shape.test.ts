import { NEVER } from "rxjs";
import { describe, expect, it } from "vitest";
import type { PluginKind, PluginManifest } from "../../../core/contract/plugin.ts";
import { demandShape } from "../../../core/plugin/container.ts";

const dispose = { async [Symbol.asyncDispose]() {} };
const act = () => undefined;
const whole: Readonly<Record<PluginKind, object>> = {
  model: { ...dispose, modelId: "parrot-1", generate: () => NEVER },
  sandbox: { ...dispose, open: act },
  stage: { ...dispose, apply: act },
  transport: { ...dispose, start: act },
  sink: { ...dispose, write: act, flush: act },
  store: { ...dispose, append: act, read: act, runs: act, unfinished: act },
  service: { ...dispose },
};
const manifest = (kind: PluginKind) => ({ name: "parrot", kind }) as PluginManifest;
const parts = Object.entries(whole).flatMap(([kind, instance]) =>
  Reflect.ownKeys(instance).map((part) => [kind as PluginKind, part] as const),
);

describe("the shape of what a plugin creates", () => {
  it.each(Object.entries(whole))("should let a whole %s pass", (kind, instance) => {
    expect(() => demandShape("polly", manifest(kind as PluginKind), instance)).not.toThrow();
  });

  it.each(parts)("should name a %s without %s", (kind, part) => {
    const lacking = Object.fromEntries(
      Reflect.ownKeys(whole[kind]).flatMap((key) => (key === part ? [] : [[key, Reflect.get(whole[kind], key)]])),
    );
    const name = typeof part === "symbol" ? "[Symbol.asyncDispose]" : part;
    expect(() => demandShape("polly", manifest(kind), lacking)).toThrow(
      expect.objectContaining({
        code: "SLUICE_PLUGIN_CREATE",
        message: `polly: create of parrot returned something without ${name}`,
      }),
    );
  });

  it.each([undefined, null])("should name a create that returned %s", (nothing) => {
    expect(() => demandShape("polly", manifest("model"), nothing)).toThrow(
      `polly: create of parrot returned ${nothing}`,
    );
  });
});
