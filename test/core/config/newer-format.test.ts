import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Problems } from "../../../core/config/read/problems.ts";
import { readProfile } from "../../../core/config/read/read-profile.ts";

async function read(files: Readonly<Record<string, string>>) {
  const cwd = mkdtempSync(join(tmpdir(), "sluice-format-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const problems = new Problems();
  const { root } = await readProfile({ cwd, env: {}, file: "sluice.yaml" }, problems);
  return { usable: root !== undefined, problems: problems.sorted() };
}

describe("a profile in a newer format", () => {
  it.each(["2", "'2'", "10", "0x2"])(
    "should be refused alone, whatever else stands in it: version %s",
    async (version) => {
      const text = `version: ${version}\nplugins: [what, is, this]\nnovel: { key: true }\n`;
      const { usable, problems } = await read({ "sluice.yaml": text });
      expect(usable).toBe(false);
      expect(problems).toMatchObject([
        { code: "SLUICE_CONFIG_VERSION", line: 1, column: 10, cure: expect.stringContaining("Upgrade") },
      ]);
    },
  );

  it("should be refused as a base too, at the base's place", async () => {
    const base = "plugins: {}\nversion: 2\n";
    const { problems } = await read({ "sluice.yaml": "version: 1\nextends: ./base.yaml\n", "base.yaml": base });
    expect(problems).toMatchObject([{ code: "SLUICE_CONFIG_VERSION", file: "base.yaml", line: 2 }]);
  });

  it.each(["1", "0", "-2", "two", "1.5", "[2]"])("should leave the rest to the schema: version %s", async (version) => {
    const { usable, problems } = await read({ "sluice.yaml": `version: ${version}\n` });
    expect([usable, problems]).toEqual([true, []]);
  });
});
