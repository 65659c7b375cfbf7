import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../../core/kit/package-root.ts";
import { readManifest } from "../../../core/plugin/manifest.ts";

const plugins = readdirSync(join(packageRoot, "plugins"));

test("should have every generated file in step with its schema", () => {
  const script = join(packageRoot, "schema/generate.ts");
  expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
}, 60_000);

describe("the manifests of our own plugins", () => {
  test.each(plugins)("should be valid, as strictly as ajv can read them: %s", async (name) => {
    const folder = join(packageRoot, "plugins", name);
    expect(await readManifest(folder)).toMatchObject({ manifest: { name } });
    const { config } = JSON.parse(readFileSync(join(folder, "plugin.json"), "utf8"));
    const ajv = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false });
    for (const keyword of ["x-secret", "x-ref", "x-reload", "x-run", "x-capacity", "x-unit"])
      ajv.addKeyword({ keyword });
    expect(() => ajv.compile(config)).not.toThrow();
  });
});
