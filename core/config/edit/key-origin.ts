import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../../contract/json-schema.ts";
import type { PluginManifest } from "../../contract/plugin.ts";
import type { Plan } from "../plan.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * The secrets of an instance that would be sent to another address than they were given for: those that stay as they are
 * while the address that its manifest names as their `origin` changes.
 */
export function movedSecrets({ config, origin }: PluginManifest, before: Values, after: Values): readonly string[] {
  if (origin === undefined || originOf(before[origin]) === originOf(after[origin])) return [];
  const properties = (config["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const secrets = Object.keys(properties).filter((name) => properties[name]?.["x-secret"] === true);
  return secrets.filter((name) => isGiven(before[name]) && isDeepStrictEqual(before[name], after[name]));
}

/** What to tell of the instances whose keys a changed profile would send elsewhere. */
export function movedKeys(before: Plan, after: Plan): readonly string[] {
  return after.instances.flatMap(({ id, plugin, config }) => {
    const old = before.instances.find((each) => each.id === id);
    if (old === undefined) return [];
    const moved = movedSecrets(plugin.manifest, old.config, config);
    return moved.map((name) => `\`${name}\` of \`${id}\` would be sent to another address than it was given for`);
  });
}

/** Another path of one server gets the same key. */
function originOf(value: unknown): string {
  const text = String(value ?? "");
  return URL.canParse(text) ? new URL(text).origin : text;
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
