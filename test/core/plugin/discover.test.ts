import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Discoverer } from "../../../core/plugin/discover.ts";

const fixtures = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "fixtures");
let home: string;

/** A plugin as npm would install it, and how a profile would see it from a folder below. */
function install(name: string, withManifest = true): void {
  const folder = join(home, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  if (withManifest) cpSync(join(fixtures, "plugins/quiet-stage"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", exports: {} }));
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "sluice-discover-"));
  mkdirSync(join(home, "profiles"));
  install("sluice-plugin-quiet");
  install("@somebody/quiet");
  install("no-plugin", false);
});

afterAll(() => rmSync(home, { recursive: true }));

const discoverer = () => new Discoverer([join(fixtures, "plugins")]);

describe("a plugin", () => {
  test("should be found by name", async () => {
    const found = await discoverer().find("quiet-model", home);
    expect(found).toMatchObject({
      plugin: {
        origin: "built-in",
        manifest: { name: "quiet-model", kind: "model" },
        entry: join(fixtures, "plugins/quiet-model/index.js"),
      },
    });
  });

  test("should be found by a path that starts at the profile", async () => {
    const found = await discoverer().find("./plugins/quiet-stage", fixtures);
    expect(found).toMatchObject({ plugin: { origin: "path", folder: join(fixtures, "plugins/quiet-stage") } });
  });

  test.each(["sluice-plugin-quiet", "@somebody/quiet"])("should be found as the npm package %s", async (name) => {
    const found = await discoverer().find(name, join(home, "profiles"));
    expect(found).toMatchObject({ plugin: { origin: "package", folder: join(home, "node_modules", name) } });
  });

  test("should be looked for once, however many use it", async () => {
    const one = discoverer();
    expect(await one.find("quiet-model", home)).toBe(await one.find("quiet-model", fixtures));
  });
});

describe("what is no plugin", () => {
  test.each([
    ["quiet-modle", "SLUICE_CONFIG_UNKNOWN_PLUGIN"],
    ["./nowhere", "SLUICE_CONFIG_UNKNOWN_PLUGIN"],
    ["no-plugin", "SLUICE_PLUGIN_MANIFEST"],
    ["../etc", "SLUICE_CONFIG_UNKNOWN_PLUGIN"],
    ["a/../../b", "SLUICE_CONFIG_UNKNOWN_PLUGIN"],
    ["node_modules", "SLUICE_CONFIG_UNKNOWN_PLUGIN"],
  ])("should be refused: %s", async (use, code) => {
    expect(await discoverer().find(use, join(home, "profiles"))).toMatchObject({ failure: { code } });
  });

  test.each([
    ["no-json", "SLUICE_PLUGIN_MANIFEST"],
    ["unknown-key", "SLUICE_PLUGIN_MANIFEST"],
    ["bad-schema", "SLUICE_PLUGIN_MANIFEST"],
    ["no-module", "SLUICE_PLUGIN_MANIFEST"],
    ["other-api", "SLUICE_PLUGIN_API"],
  ])("should be refused for its manifest: %s", async (name, code) => {
    expect(await discoverer().find(`./${name}`, join(fixtures, "bad/plugins"))).toMatchObject({ failure: { code } });
  });

  test("should leave the others in the list", async () => {
    const folders = [join(fixtures, "bad/plugins"), join(fixtures, "plugins")];
    const names = (await new Discoverer(folders).builtIns()).map(({ manifest }) => manifest.name);
    expect(names).toContain("quiet-model");
  });
});
