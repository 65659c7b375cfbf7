import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeText } from "../config/read/encoding.ts";
import { assertSchema, schemaErrors } from "../config/schema/schema.ts";
import { errorPrefixOf, SluiceError } from "../contract/errors.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import type { PluginManifest } from "../contract/plugin.ts";
import { contractVersion } from "../contract/version.ts";
import { packageRoot } from "../kit/package-root.ts";
import { parseJson } from "../kit/untrusted/parse-json.ts";
import { readPlainFile } from "../kit/untrusted/plain-file.ts";

/** A manifest read and held to its schema, or why it cannot be used. */
export type ManifestResult =
  | { readonly manifest: PluginManifest; readonly entry: string }
  | { readonly code: "SLUICE_PLUGIN_MANIFEST" | "SLUICE_PLUGIN_API"; readonly message: string; readonly cure?: string };

let manifestSchema: Promise<JsonSchema> | undefined;

function readSchema(): Promise<JsonSchema> {
  manifestSchema ??= readJson(join(packageRoot, "schema", "plugin.schema.json")) as Promise<JsonSchema>;
  return manifestSchema;
}

async function readJson(file: string): Promise<unknown> {
  const decoded = decodeText(readPlainFile(file));
  if (!("fault" in decoded)) return parseJson(decoded.text, { from: "the file" });
  throw new SluiceError("SLUICE_PLUGIN_MANIFEST", `it ${decoded.fault}`, { cure: decoded.cure });
}

/**
 * Reads `plugin.json` of a folder; no code of the plugin is imported. `trusted` manifests, which tests hold to their
 * schema, are not validated again each time.
 */
export async function readManifest(folder: string, trusted = false): Promise<ManifestResult> {
  const file = join(folder, "plugin.json");
  const bad = (message: string): ManifestResult => ({ code: "SLUICE_PLUGIN_MANIFEST", message: `${file} ${message}` });
  let value: unknown;
  try {
    value = await readJson(file);
  } catch (error) {
    return bad(SluiceError.is(error) ? `is no JSON: ${error.message}` : "cannot be read");
  }
  const version = (value as { api?: unknown } | null)?.api;
  if (typeof version === "number" && version !== contractVersion) {
    const message = `${file} is written for version ${version} of the plugin contract; this is version ${contractVersion}`;
    return { code: "SLUICE_PLUGIN_API", message };
  }
  const errors = trusted ? [] : schemaErrors(await readSchema(), value);
  if (errors.length > 0) {
    const faults = errors.map(({ instancePath, message, params }) => {
      const key = (params as { additionalProperty?: string }).additionalProperty;
      return `${instancePath || "/"} ${message}${key === undefined ? "" : ` (${key})`}`;
    });
    return bad(`is no manifest: ${faults.join("; ")}`);
  }
  const manifest = value as PluginManifest;
  const prefix = errorPrefixOf(manifest.name);
  const foreign = Object.keys(manifest.errors ?? {}).find((code) => !code.startsWith(prefix));
  if (foreign !== undefined) return bad(`declares ${foreign}; the codes of ${manifest.name} begin with ${prefix}`);
  try {
    if (!trusted) assertSchema(manifest.config);
  } catch (error) {
    return bad(`has a config that is no JSON Schema: ${error instanceof Error ? error.message : String(error)}`);
  }
  const entry = entryOf(folder, manifest);
  return entry === undefined
    ? bad(`has no module ${manifest.entry ?? "./index.js or ./index.ts"} beside it`)
    : { manifest, entry };
}

function entryOf(folder: string, manifest: PluginManifest): string | undefined {
  const candidates = manifest.entry === undefined ? ["index.js", "index.ts"] : [manifest.entry];
  return candidates.map((name) => join(folder, name)).find((file) => existsSync(file));
}
