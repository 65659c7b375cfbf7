import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Bom {
  readonly bomFormat: string;
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
    for (const name of some) expect(listed.join("\n")).toMatch(new RegExp(`^${name} \\d`, "m"));
    const licensed = read(`${folder}/LICENSES.txt`).matchAll(/^(\S+ \d\S*) \(.+\)\n\n(.+)/gm);
    const texts = new Map([...licensed].map(([, name = "", text]) => [name, text]));
    expect(texts.size).toBeGreaterThan(20);
    expect([...texts.keys()].filter((name) => !listed.includes(name))).toEqual([]);
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
