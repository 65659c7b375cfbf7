import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeText } from "../config/read/encoding.ts";
import { assertSchema, schemaErrors } from "../config/schema/schema.ts";
import { schemaFault } from "../config/schema/schema-shape.ts";
import { errorPrefixOf, SluiceError } from "../contract/errors.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import type { PluginManifest } from "../contract/plugin.ts";
import { contractVersion } from "../contract/version.ts";
import { deepFreeze } from "../kit/deep-freeze.ts";
import { packageRoot } from "../kit/package-root.ts";
import { inTime, isOverTime } from "../kit/untrusted/in-time.ts";
import { parseJson } from "../kit/untrusted/parse-json.ts";
import { readPlainFile } from "../kit/untrusted/plain-file.ts";

/** A manifest read and held to its schema, or why it cannot be used. */
export type ManifestResult = { readonly manifest: PluginManifest; readonly entry: string } | BadManifest;

interface BadManifest {
  readonly code: "SLUICE_PLUGIN_MANIFEST" | "SLUICE_PLUGIN_API";
  readonly message: string;
  readonly cure?: string;
}

let manifestSchema: JsonSchema | undefined;

function readSchema(): JsonSchema {
  const file = join(packageRoot, "schema", "plugin.schema.json");
  manifestSchema ??= parseJson(readText(file), { from: "the file" }) as JsonSchema;
  return manifestSchema;
}

function readText(file: string): string {
  const decoded = decodeText(readPlainFile(file));
  if (!("fault" in decoded)) return decoded.text;
  throw new SluiceError("SLUICE_PLUGIN_MANIFEST", `it ${decoded.fault}`, { cure: decoded.cure });
}

interface KnownManifest {
  readonly text: string;
  readonly manifest: PluginManifest;
  readonly validated: boolean;
}

/**
 * The last sound manifest of each file: a profile takes all of ours, to find who provides what. The same text gives the
 * same object, so what is derived from its schemas is found again as well.
 */
const known = new Map<string, KnownManifest>();

/**
 * Reads `plugin.json` of a folder; no code of the plugin is imported. `trusted` manifests, which tests hold to their
 * schema, are not validated.
 */
export async function readManifest(folder: string, trusted = false): Promise<ManifestResult> {
  const file = join(folder, "plugin.json");
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    return bad(file, unreadable(error));
  }
  const before = known.get(file);
  const read = before?.text === text && (trusted || before.validated) ? before : manifestIn(text, file, trusted);
  if ("code" in read) return read;
  // Not of the text: a module may come and go while its manifest stays.
  const { manifest } = read;
  const entry = entryOf(folder, manifest);
  return entry === undefined
    ? bad(file, `has no module ${manifest.entry ?? "./index.js or ./index.ts"} beside it`)
    : { manifest, entry };
}

function manifestIn(text: string, file: string, trusted: boolean): KnownManifest | BadManifest {
  let value: unknown;
  try {
    value = parseJson(text, { from: "the file" });
  } catch (error) {
    return bad(file, unreadable(error));
  }
  const fault = faultOf(value, file, trusted);
  if (fault !== undefined) return fault;
  const manifest = deepFreeze(value as PluginManifest);
  const read = { text, manifest, validated: !trusted };
  known.set(file, read);
  return read;
}
function faultOf(value: unknown, file: string, trusted: boolean): BadManifest | undefined {
  const version = (value as { api?: unknown } | null)?.api;
  if (typeof version === "number" && version !== contractVersion) {
    const message = `${file} is written for version ${version} of the plugin contract; this is version ${contractVersion}`;
    return { code: "SLUICE_PLUGIN_API", message };
  }
  const errors = trusted ? [] : schemaErrors(readSchema(), value);
  if (errors.length > 0) {
    const faults = errors.map(({ instancePath, message, params }) => {
      const key = (params as { additionalProperty?: string }).additionalProperty;
      return `${instancePath || "/"} ${message}${key === undefined ? "" : ` (${key})`}`;
    });
    return bad(file, `is no manifest: ${faults.join("; ")}`);
  }
  const { name, errors: declared = {}, config } = value as PluginManifest;
  const prefix = errorPrefixOf(name);
  const foreign = Object.keys(declared).find((code) => !code.startsWith(prefix));
  if (foreign !== undefined) return bad(file, `declares ${foreign}; the codes of ${name} begin with ${prefix}`);
  const fault = trusted ? undefined : faultIn(config);
  return fault === undefined ? undefined : bad(file, `has a config that is no JSON Schema: ${fault}`);
}

function bad(file: string, what: string): BadManifest {
  return { code: "SLUICE_PLUGIN_MANIFEST", message: `${file} ${what}` };
}

function unreadable(error: unknown): string {
  return SluiceError.is(error) ? `is no JSON: ${error.message}` : "cannot be read";
}

/** Milliseconds that the schema of a stranger's options may take until it can be used. */
const toCompile = 5_000;

function faultIn(config: JsonSchema): string | undefined {
  const fault = schemaFault(config);
  if (fault !== undefined) return fault;
  try {
    inTime(() => assertSchema(config), toCompile);
    return undefined;
  } catch (error) {
    if (isOverTime(error)) return `it takes longer than ${toCompile / 1_000} s to be read`;
    return error instanceof Error ? error.message : String(error);
  }
}

function entryOf(folder: string, manifest: PluginManifest): string | undefined {
  const candidates = manifest.entry === undefined ? ["index.js", "index.ts"] : [manifest.entry];
  return candidates.map((name) => join(folder, name)).find((file) => existsSync(file));
}
