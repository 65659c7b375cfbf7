import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { returnsBeforeEnd } from "./house/held.ts";
import { readModule } from "./house/imports.ts";
import { functionLengths, median } from "./house/measures.ts";
import { nameViolations, typesOf } from "./house/names.ts";
import { ruleNames, violations } from "./house/rules.ts";
import { faultsOfWords, proseOf, type Text, textsOf } from "./house/words.ts";

const root = new URL("../", import.meta.url);
/** What is committed, and what is about to be. */
const listed = execFileSync("git", ["ls-files", "-coz", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 16 << 20,
});
const files = listed.split("\0").filter((path) => path !== "" && existsSync(new URL(path, root)));
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** What runs in the host. An image's files run in a container and answer to nobody's imports here. */
const sources = files.filter(
  (path) => /^(core|plugins|bin)\/.*\.(ts|tsx|js|mjs)$/.test(path) && !/\/image\//.test(path),
);

/** What a program writes, or what is a list to look things up in. */
const notWritten = [
  /\.generated\.ts$/,
  /^schema\/profile\.schema\.json$/,
  /(^|\/)package-lock\.json$/,
  /^docs\/errors\.md$/,
  /^schema\/api\//,
  /\/image\/(.*\/)?requirements\.txt$/,
  /\.(png|webp|jpg|gif|ico|svg)$/,
];
const written = files.filter((path) => !notWritten.some((pattern) => pattern.test(path)));
const linesOf = (text: string) => text.replace(/\n$/, "").split("\n").length;

const check = (planted: Readonly<Record<string, string>>) =>
  violations(Object.entries(planted).map(([path, source]) => readModule(path, source)));

describe("the rules of the house", () => {
  it("should find every module where it belongs, without cycles", () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(violations(sources.map((path) => readModule(path, read(path))))).toEqual([]);
  });

  it("should keep every file that people write within 300 lines", () => {
    expect(written.length).toBeGreaterThan(700);
    expect(written.filter((path) => linesOf(read(path)) > 300)).toEqual([]);
  });

  it("should tell how large its files and functions are, and what each entry exports", () => {
    const sizes = sources
      .map((path) => [linesOf(read(path)), path] as const)
      .filter(([, path]) => !/generated/.test(path));
    const [largest] = sizes.toSorted(([a], [b]) => b - a);
    const long = sources.flatMap((path) => functionLengths(path, read(path))).filter(({ lines }) => lines > 60);
    const exported = files.filter((path) => /^schema\/api\//.test(path)).map((path) => read(path).split("\n", 1)[0]);
    console.log(
      [
        `files: ${sizes.length}, median ${median(sizes.map(([lines]) => lines))} lines, largest ${largest?.join(" ")}`,
        `functions over 60 lines: ${long.length}`,
        ...long.toSorted((a, b) => b.lines - a.lines).map(({ name, lines }) => `  ${lines} ${name}`),
        ...exported,
      ].join("\n"),
    );
    expect(exported).toHaveLength(5);
    expect(long).toEqual([]);
  });

  it("should give each exported type a name of its own, which is no participle", () => {
    // The page is a program of its own: what it exports meets nothing of the host's.
    const named = sources.filter((path) => /\.tsx?$/.test(path) && !/\/page\//.test(path));
    expect(nameViolations(named.flatMap((path) => typesOf(path, read(path))))).toEqual([]);
  });

  it("should wait for what it returns out of a block that disposes of things", () => {
    const waiting = files.filter((path) => /^(core|plugins|bin|schema|test)\/.*\.tsx?$/.test(path));
    expect(waiting.flatMap((path) => returnsBeforeEnd(path, read(path)))).toEqual([]);
  });

  it.each([
    ["await using", "async function a() { await using b = c(); return d(b); }", 1],
    ["using in a block around", "const a = async () => { using b = c(); if (b) { return d(b); } };", 1],
    ["a call that is awaited", "async function a() { await using b = c(); return await d(b); }", 0],
    [
      "a function within",
      "async function a() { await using b = c(); const e = async () => { return d(); }; await e(b); }",
      0,
    ],
    ["what is no promise", "function a() { using b = c(); return d(b); }", 0],
    ["what comes after the block", "async function a() { { await using b = c(); } return d(); }", 0],
  ])("should report returns before the end of %s", (_, source, count) => {
    expect(returnsBeforeEnd("core/a.ts", source)).toHaveLength(count);
  });

  it("should name no place on anybody's machine in any file", () => {
    const place = new RegExp(
      ["/wo" + "rk/", "/ho" + "me/[a-z]", "/Us" + "ers/[A-Za-z]", "/tmp/bash" + "_jobs"].join("|"),
    );
    const text = files.filter((path) => !/\.(png|webp|jpg|gif|ico|woff2?|zip|whl|gz|gguf)$/.test(path));
    expect(text.filter((path) => place.test(read(path)))).toEqual([]);
  });
});

/** What people read: pages, the texts of manifests, and the messages and comments of modules. */
function readableTexts(): Text[] {
  const pages = files.filter((path) => /\.md$/.test(path) && !/zh-CN|\/image\//.test(path));
  const manifests = files.filter((path) => /^plugins\/[^/]*\/plugin\.json$/.test(path));
  const modules = files.filter(
    (path) => /^(core|plugins|bin|schema)\/.*\.(ts|tsx|js|mjs|cjs)$/.test(path) && !/\.generated\.ts$/.test(path),
  );
  return [
    ...pages.flatMap((path) => proseOf(path, read(path))),
    ...manifests.flatMap((path) =>
      [...read(path).matchAll(/"(?:description|message|cure)": ("(?:[^"\\]|\\.)*")/g)].map(([, text]) => ({
        path,
        text: JSON.parse(text ?? '""') as string,
      })),
    ),
    ...modules.flatMap((path) => textsOf(path, read(path))),
  ];
}

describe("the words of the house", () => {
  it("should be plain: at most twenty to a sentence, and none that the glossary gives up", () => {
    const texts = readableTexts();
    expect(texts.length).toBeGreaterThan(8_000);
    expect(faultsOfWords(texts)).toEqual([]);
  });

  const long = `${Array(21).fill("word").join(" ")}.`;
  it.each([
    ["a long sentence of a page", proseOf("a.md", `# Title\n\n${long}`)],
    ["a long cell of a table", proseOf("a.md", `| a | ${long} |`)],
    ["a long comment", textsOf("a.ts", `/** ${long} */\nexport const a = 1;`)],
    [
      "a long comment over lines",
      textsOf("a.ts", `// ${long.slice(0, 50)}\n// ${long.slice(50)}\nexport const a = 1;`),
    ],
    ["a long message", textsOf("a.ts", `throw new SluiceError("SLUICE_USAGE", \`\${a} ${long}\`);`)],
    ["a long cure", textsOf("a.ts", `throw new SluiceError("SLUICE_USAGE", "no", { cure: "${long}" });`)],
    ["a long description", textsOf("a.ts", `export const flag = { description: "${long}" };`)],
    ["a long text of the page", textsOf("a.tsx", `export const a = <b>{t("${long}")}</b>;`)],
    ["a word that the glossary gives up", proseOf("a.md", "It comes in by the door.")],
    ["a riddle", textsOf("a.ts", "/** Of what nobody may be told. */\nexport const a = 1;")],
    ["an abbreviation", textsOf("a.ts", "/** The msg. */\nexport const a = 1;")],
  ])("should report %s", (_, texts) => {
    expect(faultsOfWords(texts)).toHaveLength(1);
  });

  it("should pass over code, addresses and what stands in tables of grammars", () => {
    const page = `Write \`${"a ".repeat(30)}\`.\n\n\`\`\`\n${long}\n\`\`\`\n`;
    expect(faultsOfWords(proseOf("a.md", page))).toEqual([]);
    expect(faultsOfWords(textsOf("a.ts", `/**\n *     ${long}\n */\nexport const a = 1;`))).toEqual([]);
  });
});

describe("the check of imports", () => {
  const entries = { "core/contract/index.ts": "", "core/kit/index.ts": "", "core/command-line.ts": "" };
  const planted: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["contract-stands-alone", { "core/contract/a.ts": 'import { b } from "../b.ts";', "core/b.ts": "" }],
    ["contract-stands-alone", { "core/contract/a.ts": 'import type { B } from "../b.ts";', "core/b.ts": "" }],
    ["contract-stands-alone", { "core/contract/a.ts": 'import type { IncomingMessage } from "node:http";' }],
    ["contract-stands-alone", { "core/contract/a.ts": 'import { of } from "rxjs";' }],
    ["kit-stands-on-the-contract", { "core/kit/a.ts": 'import { b } from "../run/b.ts";', "core/run/b.ts": "" }],
    ["untrusted-stands-below", { "core/kit/untrusted/a.ts": 'import "../lmc/b.ts";', "core/kit/lmc/b.ts": "" }],
    ["browser-safe", { "core/kit/transcript/a.ts": 'import { Buffer } from "node:buffer";' }],
    ["browser-safe", { "core/kit/text/a.ts": 'import { readFileSync } from "node:fs";' }],
    ["core-stands-alone", { "core/a.ts": 'import Docker from "dockerode";' }],
    ["core-stands-alone", { "core/a.ts": 'import type { X } from "../plugins/x/index.ts";', "plugins/x/index.ts": "" }],
    ["core-stands-alone", { "core/a.ts": 'const ai = await import("@ai-sdk/openai");' }],
    ["client-runs-in-browsers", { "core/client/a.ts": 'import { readFileSync } from "node:fs";' }],
    ["plugins-use-published-entries", { "plugins/a/index.ts": 'export * from "../../core/b.ts";', "core/b.ts": "" }],
    ["plugins-use-published-entries", { "plugins/a/b.ts": 'import "../b/index.ts";', "plugins/b/index.ts": "" }],
    ["plugins-use-published-entries", { "plugins/a/b.ts": 'type B = import("../b/c.ts").B;', "plugins/b/c.ts": "" }],
    ["bin-uses-published-entries", { "bin/a.ts": 'import { run } from "../core/run/run.ts";', "core/run/run.ts": "" }],
    [
      "plugins-make-no-host",
      { "plugins/a/b.ts": 'import { createHost } from "../../core/index.ts";', "core/index.ts": "" },
    ],
    ["command-line-is-for-bin", { "core/a.ts": 'import "./command-line.ts";', "core/command-line.ts": "" }],
    ["core-goes-forward", { "core/config/a.ts": 'import type { B } from "../plugin/b.ts";', "core/plugin/b.ts": "" }],
    ["core-goes-forward", { "core/plugin/a.ts": 'import type { B } from "../host/b.ts";', "core/host/b.ts": "" }],
    ["core-goes-forward", { "core/run/a.ts": 'import { b } from "../instances/b.ts";', "core/instances/b.ts": "" }],
    ["core-goes-forward", { "core/host/a.ts": 'import { b } from "../testing/b.ts";', "core/testing/b.ts": "" }],
    ["config-goes-forward", { "core/config/read/a.ts": 'import "../flows/b.ts";', "core/config/flows/b.ts": "" }],
    [
      "no-plugin-by-name",
      { "bin/a.ts": 'export const is = (name: string) => name === "x";', "plugins/x/index.ts": "" },
    ],
    ["no-plugin-by-name", { "core/a.ts": 'export const use = "x";', "plugins/x/index.ts": "" }],
    ["nothing-imports-tests", { "core/a.ts": 'import "../test/b.ts";' }],
    ["wrapped-packages", { "core/a.ts": 'import { container } from "tsyringe";' }],
    ["one-folder", { "core/run/a.ts": 'import "yaml";', "core/config/b.ts": 'import type { Document } from "yaml";' }],
    ["missing", { "core/a.ts": 'import "./gone.ts";' }],
    ["process", { "core/a.ts": "export const a = process.env;" }],
    ["process", { "plugins/a/b.ts": 'console.log("a");' }],
    ["private-files", { "bin/a.ts": 'import { writeFileSync } from "node:fs";' }],
    ["private-files", { "plugins/a/b.ts": 'import { appendFile as add } from "node:fs/promises";' }],
    ["private-files", { "core/a.ts": 'import * as files from "node:fs";' }],
    ["private-files", { "core/a.ts": 'import files from "node:fs";' }],
    ["one-parser", { "core/a.ts": 'export const a = JSON.parse("1");' }],
    ["one-parser", { "plugins/a/b.ts": "export const a = (answer: Response) => answer.json();" }],
    ["one-parser", { "bin/a.ts": "export const read = JSON.parse;" }],
    ["cycle", { "core/a.ts": 'import type { B } from "./b.ts";', "core/b.ts": 'export type { A } from "./a.ts";' }],
    [
      "cycle",
      { "core/a.ts": 'import "./b.ts";', "core/b.ts": 'export { c } from "./c.ts";', "core/c.ts": 'import "./a.ts";' },
    ],
  ];

  it("should be tried for every rule of imports", () => {
    const tried = new Set(planted.map(([rule]) => rule));
    expect(ruleNames.filter((rule) => !tried.has(rule))).toEqual([]);
  });

  it.each(planted)("should report %s", (rule, modules) => {
    expect(check(modules)).toEqual([expect.stringMatching(new RegExp(`^${rule}: `))]);
  });

  it.each([
    ["one-name", { "core/a.ts": "export interface A {}", "core/b.ts": "export class A {}" }],
    ["no-participle", { "core/a.ts": "export type Wanted = string;" }],
    ["no-participle", { "core/a.ts": "interface Mounted {}" }],
  ])("should report %s of types", (rule, planted) => {
    const types = Object.entries(planted).flatMap(([path, source]) => typesOf(path, source));
    expect(nameViolations(types)).toEqual([expect.stringMatching(new RegExp(`^${rule}: `))]);
  });

  it("should let what is loaded on demand close a circle", () => {
    const modules = {
      "core/a.ts": 'import type { B } from "./b.ts";',
      "core/b.ts": 'const a = () => import("./a.ts");',
    };
    expect(check(modules)).toEqual([]);
  });

  it("should let plugins and commands in by the published entries", () => {
    const plugin = 'import { a } from "../../core/contract/index.ts"; import { b } from "../../core/kit/index.ts";';
    expect(check({ ...entries, "plugins/a/b.ts": plugin, "bin/a.ts": 'import "../core/command-line.ts";' })).toEqual(
      [],
    );
  });
});
