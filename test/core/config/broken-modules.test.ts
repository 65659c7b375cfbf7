import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** What a module may be that cannot be used, and what `check` says of it. */
const modules: Readonly<Record<string, { readonly file: string; readonly text: string; readonly told: RegExp }>> = {
  syntax: { file: "index.js", text: "export default {\n  create() {\n    return {{;\n", told: /'\{' \(index\.js:3\)$/ },
  types: {
    file: "index.ts",
    text: "\nconst a: number = ;\nexport default {};\n",
    told: /imported: Expression expected \(index\.ts:2\)$/,
  },
  top: { file: "index.js", text: '\nthrow new Error("at the top");\n', told: /imported: at the top \(index\.js:2\)$/ },
  needs: { file: "index.js", text: 'import "not-there";\n', told: /Cannot find package 'not-there'/ },
  named: { file: "index.js", text: "export const create = () => ({});\n", told: /has no default export/ },
  other: { file: "index.js", text: "export default { make() {} };\n", told: /default export with a create function/ },
  text: { file: "index.js", text: 'export default "plugin";\n', told: /has no default export/ },
  packed: {
    file: "index.ts",
    text: "export default { create(): object { return {}; } };\n",
    told: /is TypeScript in node_modules/,
  },
};

/** In a process of its own: the runner of the tests reads modules in a way of its own. */
describe("a plugin's module that cannot be used", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-modules-"));
  let problems: readonly { readonly code: string; readonly message: string; readonly line: number }[] = [];

  beforeAll(() => {
    const lines = Object.entries(modules).map(([name, { file, text }]) => {
      const packed = name === "packed";
      const plugin = packed ? join(folder, "node_modules", name) : join(folder, name);
      mkdirSync(plugin, { recursive: true });
      const manifest = {
        name,
        kind: "stage",
        api: 1,
        entry: `./${file}`,
        description: "Bad.",
        config: { type: "object" },
      };
      writeFileSync(join(plugin, "plugin.json"), JSON.stringify(manifest));
      writeFileSync(join(plugin, "package.json"), JSON.stringify({ name, version: "1.0.0", type: "module" }));
      writeFileSync(join(plugin, file), text);
      return `  ${name}: { use: ${packed ? name : `./${name}`} }`;
    });
    const model = "  m: { use: llm-scripted, with: { script: [hi] } }";
    writeFileSync(
      join(folder, "sluice.yaml"),
      ["version: 1", "plugins:", ...lines, model, "flows: { chat: m }"].join("\n"),
    );
    const dev = new URL("../../../bin/dev.js", import.meta.url).pathname;
    const env = { ...process.env, SLUICE_HOME: join(folder, "home"), SLUICE_TRUST: "all" };
    const check = [dev, "check", "--format", "json"];
    const { stdout } = spawnSync(process.execPath, check, { cwd: folder, env, encoding: "utf8" });
    ({ problems } = JSON.parse(stdout));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(Object.entries(modules).map(([name, { told }], index) => [name, told, index + 3] as const))(
    "should be found by check at its place: %s",
    (name, told, line) => {
      const found = problems.filter((problem) => problem.line === line);
      expect(found).toMatchObject([{ code: "SLUICE_PLUGIN_LOAD" }]);
      expect(found[0]?.message).toMatch(told);
      expect(found[0]?.message).toContain(`\`${name}\` cannot be used`);
    },
  );
});
