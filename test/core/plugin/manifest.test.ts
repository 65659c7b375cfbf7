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
});
