import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { DiscoveredPlugin } from "../config/plan.ts";
import { SluiceError, textOfThrown } from "../contract/errors.ts";
import { isJsonObject } from "../kit/untrusted/index.ts";
import { placeIn } from "./checked/fault.ts";
import type { PluginModule } from "./container.ts";
import { moduleAddress } from "./module-version.ts";

/** One for all imports: the second, beside the first, has to wait for it as well. */
let decorators: Promise<void> | undefined;

/**
 * Imports a plugin's module and returns its default export.
 * @throws SluiceError SLUICE_PLUGIN_LOAD when it cannot be imported or exports no plugin
 */
export async function importPlugin(plugin: DiscoveredPlugin): Promise<PluginModule> {
  const { manifest, entry } = plugin;
  if (entry.endsWith(".ts") && (plugin.origin !== "built-in" || isDecorated(readFileSync(entry, "utf8")))) {
    decorators ??= acceptDecorators();
    await decorators;
  }
  let module: { default?: unknown };
  try {
    module = await import(moduleAddress(plugin));
  } catch (error) {
    throw loadFailure(plugin, error);
  }
  const exported = module.default;
  if (typeof exported === "function" || (isJsonObject(exported) && typeof exported["create"] === "function")) {
    return exported as PluginModule;
  }
  throw new SluiceError(
    "SLUICE_PLUGIN_LOAD",
    `the plugin ${manifest.name} has no default export with a create function, and is no class`,
    { cure: `Export it from ${entry}: export default definePlugin<Config>()({ create }).` },
  );
}

/** Why a module could not be imported, with the place in it where the engine tells. */
function loadFailure(plugin: DiscoveredPlugin, error: unknown): SluiceError {
  const { manifest, folder } = plugin;
  const { code } = error as { readonly code?: unknown };
  const said = `the plugin ${manifest.name} cannot be imported`;
  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
    return new SluiceError("SLUICE_PLUGIN_LOAD", `${said}: it is TypeScript in node_modules, which Node does not run`, {
      cure: `Ask its author to publish ${manifest.name} compiled, or use its folder by path.`,
      cause: error,
    });
  }
  const syntax = error instanceof SyntaxError;
  const message = `${said}: ${textOfThrown(error)}${syntax ? syntaxPlace(plugin) : placeIn(folder, error)}`;
  const cure = syntax ? { cure: "Correct the module; Node cannot read it." } : {};
  return new SluiceError("SLUICE_PLUGIN_LOAD", message, { cause: error, ...cure });
}

/**
 * Node tells the place of a syntax error only to whoever reads its terminal, so it is asked once more. Empty where the
 * error lies in another module than the plugin's own.
 */
function syntaxPlace({ folder, entry }: DiscoveredPlugin): string {
  const { stderr } = spawnSync(process.execPath, ["--check", entry], { encoding: "utf8", timeout: 5_000 });
  const place = /^(?:file:\/\/)?(\/[^\n]+):(\d+)$/m.exec(stderr ?? "");
  return place?.[1] === undefined ? "" : ` (${relative(folder, decodeURI(place[1]))}:${place[2]})`;
}

function isDecorated(source: string): boolean {
  return /^\s*@\w+|[(,]\s*@\w+/m.test(source);
}

/**
 * Node strips types but compiles no decorators. Sources of third-party plugins that use them are transformed on the way
 * in, with the metadata that dependency injection reads.
 */
async function acceptDecorators(): Promise<void> {
  const { transformSync } = await import("oxc-transform");
  registerHooks({
    // What the transform's output calls comes with this package, wherever the plugin lies.
    resolve(specifier, context, next) {
      const ours = specifier.startsWith("@oxc-project/runtime/");
      return next(specifier, ours ? { ...context, parentURL: import.meta.url } : context);
    },
    load(url, context, next) {
      const path = url.startsWith("file:") ? fileURLToPath(url) : "";
      if (!/\.[cm]?ts$/.test(path) || path.includes("/node_modules/")) return next(url, context);
      const source = readFileSync(path, "utf8");
      if (!isDecorated(source)) return next(url, context);
      const result = transformSync(path, source, {
        sourcemap: false,
        decorator: { legacy: true, emitDecoratorMetadata: true },
        typescript: { onlyRemoveTypeImports: false },
      });
      const failure = result.errors[0];
      if (failure) throw new SyntaxError(`${path}: ${failure.message}`);
      return { format: "module", source: result.code, shortCircuit: true };
    },
  });
}
