import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { decodeText, textFault } from "../../../core/config/read/encoding.ts";
import { renderGithub, renderJson } from "../../../core/config/report/render-machine.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { readManifest } from "../../../core/plugin/manifest.ts";
import { pluginFolders } from "./corpus.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-encoding-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const profile =
  "version: 1\n# 大部分是中文的说明，没有字节顺序标记，也要认得出来\nname: 编码 é 🙂\nplugins:\n  a: { use: quiet-sink }\nflows: {}\n";

function wide(text: string, unit: 2 | 4, big: boolean): Buffer {
  const numbers = unit === 2 ? [...Array(text.length).keys()].map((index) => text.charCodeAt(index)) : [];
  const points = unit === 4 ? [...text].map((character) => character.codePointAt(0) ?? 0) : numbers;
  const bytes = Buffer.alloc(points.length * unit);
  for (const [index, point] of points.entries()) {
    if (unit === 2) big ? bytes.writeUInt16BE(point, index * 2) : bytes.writeUInt16LE(point, index * 2);
    else big ? bytes.writeUInt32BE(point, index * 4) : bytes.writeUInt32LE(point, index * 4);
  }
  return bytes;
}

const encodings = ([2, 4] as const).flatMap((unit) =>
  [false, true].flatMap((big) =>
    ["", "\uFEFF"].map((mark) => ({
      name: `UTF-${unit * 8} (${big ? "big" : "little"}-endian)`,
      marked: mark === "" ? "without a mark" : "with a mark",
      encode: (text: string) => wide(mark + text, unit, big),
    })),
  ),
);

const load = (file: string, text?: string) =>
  loadPlan({ file, cwd: folder, env: {}, pluginFolders, ...(text === undefined ? {} : { text }) });

describe("a profile in another encoding", () => {
  test.each(encodings)("should be named as $name $marked", async ({ name, encode }) => {
    writeFileSync(join(folder, "wide.yaml"), encode(profile));
    const { problems, plan } = await load("wide.yaml");
    expect(plan).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "SLUICE_CONFIG_ENCODING", file: "wide.yaml", severity: "error" });
    expect(problems[0]?.message).toContain(`is ${name}, not UTF-8`);
    expect(problems[0]?.cure).toContain("Save it as UTF-8");
  });

  test.each(encodings)("should be named where another one extends it: $name $marked", async ({ name, encode }) => {
    writeFileSync(join(folder, "base.yaml"), encode(profile));
    writeFileSync(join(folder, "over.yaml"), "extends: ./base.yaml\nversion: 1\n");
    const { problems } = await load("over.yaml");
    expect(problems.map(({ code, file }) => [code, file])).toEqual([["SLUICE_CONFIG_ENCODING", "base.yaml"]]);
    expect(problems[0]?.message).toContain(name);
  });

  test("should be told in the formats for machines", async () => {
    writeFileSync(join(folder, "wide.yaml"), wide(profile, 2, false));
    const { problems } = await load("wide.yaml");
    expect(JSON.parse(renderJson(problems)).problems[0].code).toBe("SLUICE_CONFIG_ENCODING");
    expect(renderGithub(problems)).toMatch(/^::error file=wide\.yaml.*UTF-16/);
  });

  test("should show the place of a byte that is Latin-1", async () => {
    writeFileSync(
      join(folder, "latin.yaml"),
      Buffer.concat([Buffer.from("version: 1\nname: 🙂 caf"), Buffer.from([0xe9]), Buffer.from(" au lait\n")]),
    );
    const { problems } = await load("latin.yaml");
    expect(problems).toMatchObject([{ code: "SLUICE_CONFIG_ENCODING", line: 2, column: 13 }]);
    expect(problems[0]?.message).toContain("Latin-1");
  });

  test("should be named in a text that comes from the page", async () => {
    const misread = wide(`\uFEFF${profile}`, 2, false).toString("utf8");
    const { problems } = await load("page.yaml", misread);
    expect(problems).toMatchObject([{ code: "SLUICE_CONFIG_ENCODING" }]);
    expect(problems[0]?.message).toContain("UTF-16");
  });

  test("should be named in a file that a value is read from, and in a manifest", async () => {
    writeFileSync(join(folder, "key.txt"), wide("\uFEFFsecret", 2, false));
    writeFileSync(
      join(folder, "key.yaml"),
      `version: 1\nplugins:\n  a: { use: quiet-transport, with: { token: "\${file:key.txt}" } }\n`,
    );
    const { problems } = await load("key.yaml");
    expect(problems).toMatchObject([{ code: "SLUICE_CONFIG_ENCODING", line: 3 }]);
    expect(JSON.stringify(problems)).not.toContain("secret");
    writeFileSync(join(folder, "plugin.json"), wide('\uFEFF{ "name": "a" }', 2, false));
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({ code: "SLUICE_PLUGIN_MANIFEST" });
    expect(JSON.stringify(manifest)).toContain("UTF-16 (little-endian)");
  });
});

describe("text in UTF-8", () => {
  test("should be read as it is, with or without a mark, whatever it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.boolean(), (words, marked) => {
        const text = (marked ? "\uFEFF" : "") + words.replaceAll("\0", "");
        expect(decodeText(Buffer.from(text))).toEqual({ text });
        expect(textFault(text)).toBeUndefined();
      }),
    );
  });

  test("should be refused from the first byte that begins no character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")),
        fc.constantFrom(0x80, 0xbf, 0xc0, 0xc1, 0xe9, 0xf5),
        fc.constantFrom("", " ", "a", "\n:", "é"),
        (before, byte, after) => {
          const decoded = decodeText(Buffer.concat([Buffer.from(before), Buffer.from([byte]), Buffer.from(after)]));
          expect(decoded).toMatchObject({ at: before.length });
        },
      ),
    );
  });
});
