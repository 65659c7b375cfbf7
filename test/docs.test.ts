import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { functionLengths } from "./house/measures.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const filesUnder = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);

describe("the index of decisions", () => {
  it("should name every page by its number and its title", () => {
    const pages = readdirSync(join(root, "docs/decisions")).filter((name) => /^\d{4}-/.test(name));
    const titles = pages.map((name) => [name, /^# (\d{4}) (.+)$/m.exec(read(`docs/decisions/${name}`))] as const);
    expect(titles.filter(([name, title]) => title?.[1] !== name.slice(0, 4)).map(([name]) => name)).toEqual([]);
    const index = read("docs/decisions/README.md");
    const missing = titles.filter(([name, title]) => !index.includes(`| [${title?.[1]}](${name}) | ${title?.[2]} |`));
    expect(missing.map(([name]) => name)).toEqual([]);
  });
});

const pages = [
  "README.md",
  "README.zh-CN.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...filesUnder("docs").filter((path) => path.endsWith(".md")),
  ...filesUnder("plugins").filter((path) => /^plugins\/[^/]+\/README\.md$/.test(path)),
];

describe.each(pages)("%s", (page) => {
  it("should link to what is there", () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]+)(#[^)]*)?\)/g)].map(
      ([, path]) => path ?? "",
    );
    expect(links.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([]);
  });
});

describe.each([
  "docs/architecture.md",
  "docs/promises.md",
  "CONTRIBUTING.md",
  "docs/decisions/0091-libraries-and-our-own.md",
])("the files that %s names", (page) => {
  it("should be there", () => {
    const text = read(page).replace(/^```[\s\S]*?^```/gm, "");
    const named = [...text.matchAll(/`((?:core|plugins|bin|schema|test|docs|profiles)\/[\w./-]+)`/g)].map(
      ([, path]) => path ?? "",
    );
    expect(named.length).toBeGreaterThan(3);
    // A name in capitals stands for any.
    expect(named.filter((path) => !/\/[A-Z]+\//.test(path) && !existsSync(join(root, path)))).toEqual([]);
  });
});

describe.each(["contract", "kit", "client", "testing"])("sluicebox/%s", (entry) => {
  it("should say of everything that it exports what it is", () => {
    const exported = new Set(
      [
        ...read(`schema/api/${entry}.d.txt`).matchAll(/^export [\w ]*?(?:interface|type|class|function|const) (\w+)/gm),
      ].map(([, name]) => name),
    );
    const declared = ["core/contract", "core/kit", "core/client", "core/testing"]
      .flatMap(filesUnder)
      .filter((path) => /(?<!\.generated)\.ts$/.test(path))
      .flatMap((path) => [
        ...read(path).matchAll(/(\*\/\n)?^export [\w ]*?(?:interface|type|class|function\*?|const) (\w+)/gm),
      ])
      .filter(([, , name]) => exported.has(name));
    expect(declared.length).toBeGreaterThan(10);
    expect(declared.filter(([, comment]) => comment === undefined).map(([, , name]) => name)).toEqual([]);
  });
});

describe("the page of promises", () => {
  const sections = read("docs/promises.md")
    .split(/^#{2,3} /m)
    .slice(1)
    .filter((section) => !section.startsWith("Known differences"));
  const namedIn = (text: string) => [...text.matchAll(/`([\w/-]+): ([^`]+)`/g)];

  it("should name a test of each of its lines", () => {
    const rows = sections.flatMap((section) =>
      section.split("\n").filter((line) => /^\|(?!.*\| test \|$)[^-]/.test(line)),
    );
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => namedIn(row).length === 0)).toEqual([]);
    const silent = sections.filter(
      (section) => /\n\w/.test(section) && !/npm run/.test(section) && !namedIn(section)[0],
    );
    expect(silent).toEqual([]);
  });

  it("should name tests that are there", () => {
    const missing = sections.flatMap(namedIn).filter(([, file, words = ""]) => {
      const path = `test/${file}.test.ts`;
      if (!existsSync(join(root, path))) return true;
      // In a title, or in the name of a row that makes one.
      return !read(path)
        .split("\n")
        .some((line) => /["`/]/.test(line) && line.includes(words));
    });
    expect(missing.map(([reference]) => reference)).toEqual([]);
  });
});

describe("docs/zh/comparison.md", () => {
  it("should have the figures of docs/comparison.md, in their order", () => {
    const figures = (page: string) =>
      [...read(page).matchAll(/\d[\d.,-]*/g)].map(([figure]) => figure.replace(/[.,-]+$/, ""));
    expect(figures("docs/zh/comparison.md")).toEqual(figures("docs/comparison.md"));
  });
});

describe("README.zh-CN.md", () => {
  const shapeOf = (page: string) =>
    read(page)
      .replace(/^```[\s\S]*?^```/gm, "")
      .split("\n")
      .flatMap((line) => /^(#+) /.exec(line)?.[1] ?? (/^- /.test(line) ? ["-"] : []));

  it("should have the headings and the items of README.md, in their order", () => {
    expect(shapeOf("README.zh-CN.md")).toEqual(shapeOf("README.md"));
  });

  it("should have its commands, and each piece of code in its text", () => {
    const commands = (page: string) => [...read(page).matchAll(/^\$ (.*)$/gm)].map(([, command]) => command);
    expect(commands("README.zh-CN.md")).toEqual(commands("README.md"));
    const code = (page: string) => {
      const prose = read(page).replace(/^```[\s\S]*?^```/gm, "");
      return new Set([...prose.matchAll(/`([^`]+)`/g)].map(([, text]) => text?.replace(/\s+/g, " ")));
    };
    expect(code("README.zh-CN.md")).toEqual(code("README.md"));
  });

  it("should address its reader in one way", () => {
    expect(read("README.zh-CN.md")).not.toMatch(/你/);
  });

  it("should say of each page that it leads to that it is in English", () => {
    const [before = "", after = ""] = read("README.zh-CN.md").split("## 接下来");
    expect(after).toContain("均为英文");
    const links = [...before.matchAll(/\]\(docs\/[^)]+\.md\)(（英文）)?/g)];
    expect(links.filter(([, word]) => word === undefined).map(([link]) => link)).toEqual([]);
  });
});

describe.each(["README.zh-CN.md", "docs/zh/index.md", "docs/zh/comparison.md"])("the Chinese of %s", (page) => {
  it("should have its own punctuation", () => {
    const prose = read(page).replace(/^```[\s\S]*?^```/gm, "");
    const faults = prose
      .split("\n")
      .filter((line) => /[\u4e00-\u9fff][,;:!?()]|[,;!?)](?=[\u4e00-\u9fff])/.test(line.replace(/\]\([^)]*\)/g, "")));
    expect(faults).toEqual([]);
  });

  it("should say which pages are in English", () => {
    expect(read(page)).toContain("英文");
  });
});

describe("the tests", () => {
  it("should mirror the tree: a folder of tests is that of what it tests", () => {
    const folders = ["test/core", "test/plugins", "test/bin"].flatMap((folder) =>
      filesUnder(folder)
        .filter((path) => path.endsWith(".test.ts"))
        .map((path) => relative("test", dirname(path))),
    );
    expect([...new Set(folders)].filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
  });

  it("should keep the functions of their helpers, and those of schema/, within 60 lines", () => {
    const helpers = ["test", "schema"]
      .flatMap(filesUnder)
      .filter((path) => /(?<!\.test|\.bench)\.ts$/.test(path) && !path.startsWith("test/fixtures/"));
    const lengths = helpers.flatMap((path) => functionLengths(path, read(path)));
    expect(lengths.length).toBeGreaterThan(500);
    expect(lengths.filter(({ lines }) => lines > 60)).toEqual([]);
  });

  it("should call their helpers by one word, and by what they are for", () => {
    const other = /(^|[/-])(harness|helpers?|utils?|common|shared|fixture-kit)(-[\w-]+)?\.ts$|\/kit\.ts$/;
    expect(filesUnder("test").filter((path) => other.test(path))).toEqual([]);
  });
});
