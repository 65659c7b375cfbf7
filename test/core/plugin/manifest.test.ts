import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Unit } from "../../../core/config/schema/units.ts";
import { readManifest } from "../../../core/plugin/manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-manifest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "index.js"), "");

const units: Readonly<Record<Unit, true>> = { duration: true, size: true, address: true, path: true, origin: true };

describe("the manifest of somebody's plugin", () => {
  it.each(Object.keys(units))("should give an option the unit %s", async (unit) => {
    const option = { type: "string", "x-unit": unit };
    const config = { type: "object", properties: { one: option } };
    const manifest = { name: "parrot", kind: "service", api: 1, description: "It repeats.", config };
    writeFileSync(join(folder, "plugin.json"), JSON.stringify(manifest));
    expect(await readManifest(folder)).toMatchObject({ manifest });
  });

  const write = (text: string) => writeFileSync(join(folder, "plugin.json"), text);
  const parrot = (rest: object = {}) =>
    JSON.stringify({
      name: "parrot",
      kind: "service",
      api: 1,
      description: "It repeats.",
      config: { type: "object", properties: {} },
      ...rest,
    });
  const known = async () => {
    write(parrot());
    const result = await readManifest(folder);
    if ("code" in result) throw new Error(result.message);
    return result.manifest;
  };

  it("should be the same object for as long as its text is the same", async () => {
    const manifest = await known();
    const again = await readManifest(folder);
    expect("manifest" in again && again.manifest).toBe(manifest);
    write(parrot({ description: "It says so." }));
    expect(await readManifest(folder)).toMatchObject({ manifest: { description: "It says so." } });
    expect(await known()).toEqual(manifest);
  });

  it.each([
    ["is no JSON", "{"],
    ["is for another contract", parrot({ api: 2 })],
    ["has a kind that nobody knows", parrot({ kind: "bird" })],
    ["declares errors of others", parrot({ errors: { SLUICE_OTHER: { class: "usage", when: "It.", cure: "Do." } } })],
  ])("should be refused once its text %s, and taken when it is mended", async (_, text) => {
    const manifest = await known();
    write(text);
    expect(await readManifest(folder)).toHaveProperty("code");
    expect(await known()).toEqual(manifest);
  });

  it("should be missed when the file has gone, or the module beside it", async () => {
    await known();
    rmSync(join(folder, "index.js"));
    expect(await readManifest(folder)).toMatchObject({ message: expect.stringContaining("has no module") });
    writeFileSync(join(folder, "index.js"), "");
    rmSync(join(folder, "plugin.json"));
    expect(await readManifest(folder)).toMatchObject({ message: expect.stringContaining("cannot be read") });
  });

  it("should be validated for whoever trusts it not, whatever was read of it before", async () => {
    write(parrot({ kind: "bird" }));
    expect(await readManifest(folder, true)).toMatchObject({ manifest: { kind: "bird" } });
    expect(await readManifest(folder)).toMatchObject({ code: "SLUICE_PLUGIN_MANIFEST" });
  });

  it("should be changed by nobody who was given it", async () => {
    const manifest = await known();
    expect(() => Object.assign(manifest, { kind: "sink" })).toThrow(TypeError);
    expect(() => Object.assign(manifest.config, { type: "string" })).toThrow(TypeError);
  });
});
