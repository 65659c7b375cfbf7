import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { DiscoveredPlugin } from "../config/plan.ts";
import type { Discovery, DiscoveryFailure } from "../config/plugin-source.ts";
import { declareErrors } from "../contract/errors.ts";
import { packageRoot } from "../kit/package-root.ts";
import { readManifest } from "./manifest.ts";
import { codeOf } from "./plugin-code.ts";

/** The folder of the plugins that come with the package. */
const builtInFolder = join(packageRoot, "plugins");

/**
 * Finds plugins by what `use` says, without importing their code: `./folder` beside the profile, or the name of a
 * built-in one. Or an npm package that is installed where the profile or this package can see it. What is wrong with
 * one plugin stays with those who use it.
 */
export class Discoverer {
  readonly #folders: readonly string[];
  readonly #found = new Map<string, Promise<Discovery>>();

  constructor(folders: readonly string[] = [builtInFolder]) {
    this.#folders = folders;
  }

  /** `folder` is where the profile stands that says it. */
  find(use: string, folder: string): Promise<Discovery> {
    const where = this.#locate(use, folder);
    return "failure" in where ? Promise.resolve(where) : this.#discover(where.folder, where.origin);
  }

  #discover(folder: string, origin: DiscoveredPlugin["origin"]): Promise<Discovery> {
    let discovery = this.#found.get(folder);
    if (discovery === undefined) {
      discovery = discover(folder, origin);
      this.#found.set(folder, discovery);
    }
    return discovery;
  }

  /** Names that `use` can take without a path or an installation. */
  names(): readonly string[] {
    return this.#folders.flatMap((folder) => subfolders(folder)).sort();
  }

  /** The built-in plugins that can be used; broken ones are left out. */
  async builtIns(): Promise<readonly DiscoveredPlugin[]> {
    const folders = new Map<string, string>();
    for (const within of this.#folders) {
      for (const name of subfolders(within)) if (!folders.has(name)) folders.set(name, join(within, name));
    }
    const sorted = [...folders].sort(([one], [other]) => (one < other ? -1 : 1));
    const found = await Promise.all(sorted.map(([, folder]) => this.#discover(folder, "built-in")));
    return found.flatMap((discovery) => ("plugin" in discovery ? [discovery.plugin] : []));
  }

  /** As `use` can name them in a profile of `folder`: built-in ones, and npm packages that it can see. */
  async installed(folder: string): Promise<readonly { readonly use: string; readonly plugin: DiscoveredPlugin }[]> {
    const uses = new Set([...this.names(), ...packagesIn(folder)]);
    const found = await Promise.all([...uses].map(async (use) => ({ use, ...(await this.find(use, folder)) })));
    return found.flatMap((each) => ("plugin" in each ? [{ use: each.use, plugin: each.plugin }] : []));
  }

  #locate(
    use: string,
    from: string,
  ): { folder: string; origin: DiscoveredPlugin["origin"] } | { failure: DiscoveryFailure } {
    if (/^\.{1,2}(\/|$)/.test(use) || isAbsolute(use)) {
      const folder = resolve(from, use);
      if (existsSync(join(folder, "plugin.json"))) return { folder, origin: "path" };
      const message = isFolder(folder) ? `${use} has no plugin.json` : `the folder ${use} does not exist`;
      const code = isFolder(folder) ? "SLUICE_PLUGIN_MANIFEST" : "SLUICE_CONFIG_UNKNOWN_PLUGIN";
      return { failure: { code, message, cure: "Name the folder that holds the plugin's plugin.json." } };
    }
    const named = /^[a-z0-9][a-z0-9._-]*$/i.test(use)
      ? this.#folders.find((folder) => isPlugin(join(folder, use)))
      : undefined;
    if (named !== undefined) return { folder: join(named, use), origin: "built-in" };
    return findPackage(use, [from, packageRoot]) ?? { failure: { ...unknown(use, from), candidates: this.names() } };
  }
}

function unknown(use: string, from: string): DiscoveryFailure {
  const installed = packageName.test(use) ? installedIn(use, [from, packageRoot]) : undefined;
  if (installed !== undefined) {
    return { code: "SLUICE_PLUGIN_MANIFEST", message: `the package ${use} has no plugin.json and is no plugin` };
  }
  return { code: "SLUICE_CONFIG_UNKNOWN_PLUGIN", message: `no plugin \`${use}\` is built in or installed` };
}

const packageName = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;

/** Node's own rule (node_modules of this folder and all above it), whatever the package's `exports` say. */
function installedIn(name: string, starts: readonly string[]): string | undefined {
  for (const start of starts) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, "node_modules", name);
      if (existsSync(join(candidate, "package.json"))) return candidate;
      if (folder === dirname(folder)) break;
    }
  }
  return undefined;
}

/** Names of the packages with a `plugin.json` that a file in `start` can see. */
function packagesIn(start: string): string[] {
  const names: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules");
    const within = isFolder(modules) ? readdirSync(modules).filter((name) => !name.startsWith(".")) : [];
    const scoped = within.filter((name) => name.startsWith("@") && isFolder(join(modules, name)));
    const inScopes = scoped.flatMap((scope) => readdirSync(join(modules, scope)).map((name) => `${scope}/${name}`));
    names.push(...[...within, ...inScopes].filter((name) => isPlugin(join(modules, name))));
    if (folder === dirname(folder)) return names;
  }
}

function findPackage(name: string, starts: readonly string[]): { folder: string; origin: "package" } | undefined {
  const folder = packageName.test(name) ? installedIn(name, starts) : undefined;
  return folder !== undefined && isPlugin(folder) ? { folder, origin: "package" } : undefined;
}

async function discover(folder: string, origin: DiscoveredPlugin["origin"]): Promise<Discovery> {
  const result = await readManifest(folder, dirname(folder) === builtInFolder);
  if ("code" in result) return { failure: result };
  declareErrors(result.manifest.errors ?? {});
  const code = origin === "built-in" ? undefined : codeOf(folder);
  const own = code === undefined ? {} : { code };
  return { plugin: Object.freeze({ manifest: result.manifest, folder, entry: result.entry, origin, ...own }) };
}

function isPlugin(folder: string): boolean {
  return existsSync(join(folder, "plugin.json"));
}

/** `existsSync` first: it says no where `statSync` throws, as for a NUL in the path. */
function isFolder(path: string): boolean {
  if (!existsSync(path)) return false;
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function subfolders(folder: string): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder).filter((name) => isPlugin(join(folder, name)));
}
