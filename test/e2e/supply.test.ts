import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly tools?: object };
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
}

describe("what is shipped", () => {
  it.each([
    ["dist", ["rxjs", "ws", "dockerode", "fastify"]],
    ["dist/plugins/web-monitor/public", ["react-dom", "@codemirror/state"]],
  ])("should list the packages bundled in %s, each with its licence", (folder, some) => {
    const bom: Bom = JSON.parse(read(`${folder}/bom.json`));
    const listed = bom.components.map(({ group, name, version }) => `${group ? `${group}/` : ""}${name} ${version}`);
    expect(bom.bomFormat).toBe("CycloneDX");
    // What it was built with is not shipped.
    expect(bom.metadata.tools ?? []).toEqual([]);
    const tools = /^(vite|rollup|rolldown|typescript|vitest|@biomejs\/.*|rollup-plugin-sbom|rolldown-license-plugin) /;
    expect(listed.filter((name) => tools.test(name))).toEqual([]);
    for (const name of some) expect(listed.join("\n")).toMatch(new RegExp(`^${name} \\d`, "m"));
    const licensed = read(`${folder}/LICENSES.txt`).matchAll(/^(\S+ \d\S*) \(.+\)\n\n(.+)/gm);
    const texts = new Map([...licensed].map(([, name = "", text]) => [name, text]));
    expect(texts.size).toBeGreaterThan(20);
    expect([...texts.keys()].filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => !texts.has(name))).toEqual([]);
  });

  it.each([
    ["plotly", /^plotly\.js-cartesian-dist-min \d/m],
    ["vega", /^vega-lite \d/m],
    ["pdf", /^pdfjs-dist \d/m],
  ])("should ship the library of a frame for %s with its licence", (name, known) => {
    const folder = `dist/plugins/web-monitor/public/frames/${name}`;
    expect(read(`${folder}/LICENSES.txt`)).toMatch(known);
    expect(JSON.parse(read(`${folder}/bom.json`)).components.length).toBeGreaterThan(0);
  });

  it.each(["dist/bom.json", "dist/bom.installed.json", "dist/plugins/web-monitor/public/bom.json"])(
    "should write %s as the schema of CycloneDX has it",
    (path) => {
      const schema = (name: string) =>
        JSON.parse(read(`node_modules/@cyclonedx/cyclonedx-library/res/schema/${name}.SNAPSHOT.schema.json`));
      const ajv = new Ajv({ strict: false, allErrors: true });
      addFormats.default(ajv);
      // Formats of names in other scripts are not part of ajv-formats.
      for (const format of ["iri-reference", "idn-email"]) ajv.addFormat(format, true);
      for (const name of ["spdx", "jsf-0.82", "cryptography-defs"]) {
        ajv.addSchema({ ...schema(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
      }
      const isValid = ajv.compile(schema("bom-1.7"));
      const faults = (bom: object) => (isValid(bom) ? [] : isValid.errors);
      expect(faults(JSON.parse(read(path)))).toEqual([]);
      expect(faults({ ...JSON.parse(read(path)), components: [{ name: "without a type" }] })).not.toEqual([]);
    },
  );

  it("should list what npm installs beside the bundle, each with its licence and its digest", () => {
    const manifest = JSON.parse(read("package.json"));
    const { components } = JSON.parse(read("dist/bom.installed.json"));
    const named = components.map(({ group, name }: { group?: string; name: string }) =>
      group === undefined ? name : `${group}/${name}`,
    );
    expect(Object.keys(manifest.dependencies).filter((name) => !named.includes(name))).toEqual([]);
    const required = components.filter(({ scope }: { scope: string }) => scope === "required");
    expect(required.length).toBeLessThan(25);
    expect(components.filter((each: object) => !("licenses" in each && "hashes" in each))).toEqual([]);
  });

  it("should let no package run code while it is installed", () => {
    expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
    expect(read("bin/setup.sh")).toMatch(/^may_run_scripts=\(node\)$/m);
  });

  it.each(["plugins/open-interpreter/image/requirements.txt", "test/e2e/clients/requirements.txt"])(
    "should pin every package of %s by digest",
    (path) => {
      const packages = read(path)
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => /^[a-z]/i.test(line));
      expect(packages.length).toBeGreaterThan(1);
      expect(packages.filter((line) => !/^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}/.test(line))).toEqual([]);
    },
  );
});
