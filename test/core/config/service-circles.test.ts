import { describe, expect, it } from "vitest";
import { checkProfile } from "../../../core/config/check-profile.ts";
import type { DiscoveredPlugin } from "../../../core/config/plan.ts";
import type { PluginManifest } from "../../../core/contract/plugin.ts";

const config = { type: "object", additionalProperties: false, properties: {} };

function plugin(name: string, manifest: Partial<PluginManifest>): DiscoveredPlugin {
  const whole: PluginManifest = { name, kind: "service", api: 1, description: name, config, ...manifest };
  return { manifest: whole, folder: `/plugins/${name}`, entry: `/plugins/${name}/index.js`, origin: "built-in" };
}

/** Problems of a profile with one instance of each plugin, called by its name. */
async function problemsOf(plugins: readonly DiscoveredPlugin[], options: Readonly<Record<string, object>> = {}) {
  const declared = plugins.map(({ manifest: { name } }) => [name, { use: name, with: options[name] ?? {} }]);
  const { problems } = await checkProfile(
    { config: { version: 1, plugins: Object.fromEntries(declared) }, cwd: "/", env: {}, implicitStore: false },
    {
      find: async (use) => ({ plugin: plugins.find(({ manifest }) => manifest.name === use) as DiscoveredPlugin }),
      names: () => plugins.map(({ manifest }) => manifest.name),
      builtIns: async () => plugins,
      check: async () => [],
    },
  );
  return problems.map(({ code, message }) => ({ code, message }));
}

const dependency = (way: string) => [
  { code: "SLUICE_PLUGIN_DEPENDENCY", message: `instances need each other in a circle: ${way}` },
];

describe("services that require each other", () => {
  it("should be refused by the check, with the way round", async () => {
    const cache = plugin("cache", { provides: ["acme/cache"], requires: ["acme/queue"] });
    const queue = plugin("queue", { provides: ["acme/queue"], requires: ["acme/cache"] });
    expect(await problemsOf([cache, queue])).toEqual(dependency("cache -> acme/queue of queue -> acme/cache of cache"));
  });

  it("should be refused where one requires what it provides itself", async () => {
    const cache = plugin("cache", { provides: ["acme/cache"], requires: ["acme/cache"] });
    expect(await problemsOf([cache])).toEqual(dependency("cache -> acme/cache of cache"));
  });

  it("should be refused where one half of the way is a reference", async () => {
    const properties = { from: { type: "string", "x-ref": "service" } };
    const cache = plugin("cache", { provides: ["acme/cache"], config: { ...config, properties } });
    const queue = plugin("queue", { requires: ["acme/cache"] });
    expect(await problemsOf([cache, queue], { cache: { from: "queue" } })).toEqual(
      dependency("cache -> queue -> acme/cache of cache"),
    );
  });

  it("should be told once of a circle of three, and pass without one", async () => {
    const three = ["a", "b", "c"].map((name, index, all) =>
      plugin(name, { provides: [`acme/${name}`], requires: [`acme/${all[(index + 1) % 3]}`] }),
    );
    expect(await problemsOf(three)).toEqual(dependency("a -> acme/b of b -> acme/c of c -> acme/a of a"));
    expect(
      await problemsOf([
        plugin("a", { provides: ["acme/a"], requires: ["acme/b"] }),
        plugin("b", { provides: ["acme/b"] }),
      ]),
    ).toEqual([]);
  });
});
