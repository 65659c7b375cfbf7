import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { schemaFault } from "../../../core/config/schema/schema-shape.ts";
import { readApart } from "./strange-folder.ts";

/** A few files of a stranger that name each other, so that reading all that they mean would take for ever. */
const top = mkdtempSync(join(tmpdir(), "sluicebox-chains-"));
let folder: string;
let count = 0;
afterAll(() => rmSync(top, { recursive: true, force: true }));
beforeEach(() => {
  count += 1;
  folder = join(top, String(count));
  mkdirSync(folder);
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
const from = (length: number) => Array.from({ length }, (_, index) => index);
const main = (names: string) => write("sluice.yaml", `version: 1\nextends: ${names}\nflows: {}\n`);
const laughs = (first: string, next: (before: string) => string) =>
  from(30).reduce((text, at) => `${text}x${at + 1}: &a${at + 1} ${next(`*a${at}`)}\n`, `x0: &a0 ${first}\n`);
const ten = (text: string) => Array(10).fill(text).join(", ");

const chains: Readonly<Record<string, readonly [() => void, readonly string[]]>> = {
  "thousands in a row": [
    () => {
      for (const at of from(3_000)) write(`f${at}.yaml`, `extends: ./f${at + 1}.yaml\n`);
      main("./f0.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "thousands in a circle": [
    () => {
      for (const at of from(3_000)) write(`f${at}.yaml`, `extends: ./f${(at + 1) % 3_000}.yaml\n`);
      main("./f0.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "each the next one twice": [
    () => {
      for (const at of from(28)) write(`f${at}.yaml`, `extends: [./f${at + 1}.yaml, ./f${at + 1}.yaml]\n`);
      write("f28.yaml", "version: 1\n");
      main("./f0.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "thousands side by side": [
    () => {
      for (const at of from(3_000)) write(`f${at}.yaml`, "version: 1\n");
      main(`[${from(3_000).map((at) => `./f${at}.yaml`)}]`);
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "one large one, thousands of times": [
    () => {
      const entries = from(3_000).map((at) => `  p${at}: { use: x }\n`);
      write("f.yaml", `plugins:\n${entries.join("")}`);
      main(`[${from(3_000).map(() => "./f.yaml")}]`);
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "large ones in a row": [
    () => {
      for (const at of from(30))
        write(`f${at}.yaml`, `extends: ./f${at + 1}.yaml\nname: [${Array(3_000).fill("a")}]\n`);
      write("f30.yaml", "version: 1\n");
      main("./f0.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "one of two mebibytes": [
    () => {
      write("f.yaml", `name: ${"a".repeat(2 * 1024 * 1024)}\n`);
      main("./f.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "one that is nothing but brackets": [
    () => {
      write("f.yaml", `name: ${"[]".repeat(400_000)}\n`);
      main("./f.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "itself, by a link to its folder": [
    () => {
      symlinkSync(".", join(folder, "round"));
      main("[./round/sluice.yaml, ./round/sluice.yaml]");
    },
    ["SLUICE_CONFIG_CYCLE", "SLUICE_CONFIG_CYCLE"],
  ],
  "one that laughs by aliases": [
    () => {
      write(
        "f.yaml",
        laughs(`[${ten("l")}]`, (before) => `[${ten(before)}]`),
      );
      main("./f.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "one that laughs by merged maps": [
    () => {
      write(
        "f.yaml",
        laughs("{ a: 1 }", (before) => `{ <<: [${ten(before)}] }`),
      );
      main("./f.yaml");
    },
    ["SLUICE_CONFIG_TOO_LARGE"],
  ],
  "one whose anchor holds its alias": [
    () => {
      write("f.yaml", "name: &a [*a]\n");
      main("./f.yaml");
    },
    ["SLUICE_CONFIG_SYNTAX"],
  ],
  "one that is nested thousands deep": [
    () => {
      write("f.yaml", `name: ${"[".repeat(20_000)}\n`);
      main("./f.yaml");
    },
    ["SLUICE_CONFIG_SYNTAX"],
  ],
};

describe("a stranger's profile that extends", { timeout: 120_000 }, () => {
  it.each(Object.keys(chains))("should be refused with a word, in bounded time and memory: %s", async (name) => {
    const [prepare, codes] = chains[name] ?? [() => {}, []];
    prepare();
    expect((await readApart(folder)).codes).toEqual(codes);
  });

  it("should be read where two of its bases have the same one", async () => {
    write("f.yaml", "name: Shared\n");
    for (const name of ["a", "b"]) write(`${name}.yaml`, "extends: ./f.yaml\n");
    main("[./a.yaml, ./b.yaml]");
    expect((await readApart(folder)).codes).toEqual([]);
  });

  // Logs of whoever checks a stranger's profile are read by others, such as those of CI.
  it.each([
    ["a map", "github.com: { oauth_token: planted-outside }\n"],
    ["a profile", "plugins: { planted-outside: { use: planted-outside } }\n"],
    ["no YAML", "[default]\nkey = planted-outside\n"],
    ["no text", "planted-outside\u0000"],
  ])("should quote nothing of what lies outside of its folder, through links as well: %s", async (_, text) => {
    const outside = join(top, `outside-${count}.yaml`);
    writeFileSync(outside, text);
    symlinkSync(outside, join(folder, "inside.yaml"));
    for (const name of [outside, "./inside.yaml", `../outside-${count}.yaml`]) {
      main(name);
      const { codes, messages, needs, shown } = await readApart(folder);
      expect([codes, needs]).toEqual([["SLUICE_CONFIG_UNTRUSTED"], ["file"]]);
      expect([...messages, shown].join("\n")).not.toContain("planted-outside");
    }
  });
});

const two = (reference: string) => [{ $ref: reference }, { $ref: reference }];
const named = (length: number, each: (at: number) => object) =>
  Object.fromEntries(from(length).map((at) => [`d${at}`, at === length - 1 ? { type: "number" } : each(at)]));
const first = { properties: { a: { $ref: "#/$defs/d0" } } };
const schemas: Readonly<Record<string, readonly [config: object, options: string]>> = {
  "a circle": [{ ...first, $defs: { d0: { $ref: "#/$defs/d1" }, d1: { $ref: "#/$defs/d0" } } }, "{ a: 1 }"],
  "a circle of one": [{ ...first, $defs: { d0: { anyOf: [{ $ref: "#/$defs/d0" }] } } }, "{ a: 1 }"],
  itself: [{ allOf: [{ $ref: "#" }] }, "{ a: 1 }"],
  "thousands in a row": [{ ...first, $defs: named(3_000, (at) => ({ $ref: `#/$defs/d${at + 1}` })) }, "{ a: x }"],
  "each the next one twice": [
    { ...first, $defs: named(40, (at) => ({ allOf: two(`#/$defs/d${at + 1}`) })) },
    "{ a: 1 }",
  ],
  "each the next one in two ways": [
    { ...first, $defs: named(40, (at) => ({ anyOf: two(`#/$defs/d${at + 1}`) })) },
    "{ a: x }",
  ],
  "the same for what is in it, in two ways": [
    { ...first, $defs: { d0: { anyOf: from(2).map(() => ({ type: "array", items: { $ref: "#/$defs/d0" } })) } } },
    `{ a: ${"[".repeat(40)}1${"]".repeat(40)} }`,
  ],
  "a file": [{ properties: { a: { $ref: "file:///etc/passwd" } } }, "{ a: 1 }"],
  "a server": [{ properties: { a: { $ref: "http://127.0.0.1:1/schema.json" } } }, "{ a: 1 }"],
  "another schema": [{ properties: { a: { $id: "http://other/", $ref: "#/x" } }, x: {} }, "{ a: 1 }"],
  "an anchor that moves": [{ properties: { a: { $dynamicRef: "#x" } } }, "{ a: 1 }"],
  "a pattern that takes for ever": [{ properties: { a: { pattern: "^(a+)+$" } } }, `{ a: ${"a".repeat(60)}b }`],
  "a name's pattern that takes for ever": [{ patternProperties: { "^(a+)+$": {} } }, `{ ${"a".repeat(60)}b: 1 }`],
};

describe("a stranger's plugin whose options refer to", { timeout: 120_000 }, () => {
  it.each(Object.keys(schemas))(
    "should be refused with a word, in bounded time, and not be imported: %s",
    async (name) => {
      const [config, options] = schemas[name] ?? [{}, "{}"];
      const manifest = { name: "own", kind: "model", api: 1, description: "Strange.", checks: true };
      write("own/plugin.json", JSON.stringify({ ...manifest, config: { type: "object", ...config } }));
      const mark = join(folder, "was-imported");
      write("own/index.js", `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(mark)}, "");\n`);
      write("sluice.yaml", `version: 1\nplugins: { own: { use: ./own, with: ${options} } }\nflows: { chat: own }\n`);
      expect((await readApart(folder)).codes).toEqual(["SLUICE_PLUGIN_MANIFEST"]);
      expect(existsSync(mark)).toBe(false);
    },
  );

  it.each([
    [
      "trees",
      {
        $defs: { t: { properties: { left: { $ref: "#/$defs/t" }, right: { $ref: "#/$defs/t" } } } },
        $ref: "#/$defs/t",
      },
    ],
    ["lists of itself", { anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#" } }] }],
    ["names with signs", { properties: { a: { $ref: "#/$defs/a~1b%20c" } }, $defs: { "a/b c": { type: "string" } } }],
    ["options called as keywords", { properties: { $ref: { type: "string" }, $anchor: {}, not: { type: "string" } } }],
    ["a name of its own", { $id: "https://own.example/schema.json", properties: {} }],
  ])("should be taken where they are %s", (_, schema) => {
    expect(schemaFault(schema)).toBeUndefined();
  });
});
