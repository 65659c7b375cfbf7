import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../../core/contract/index.ts";
import { type SitePage, sitePages } from "../../schema/site/pages.ts";

const root = resolve(import.meta.dirname, "../..");
const site = mkdtempSync(join(tmpdir(), "sluice-site-"));
let pages: readonly SitePage[];
const html = (path: string) => readFileSync(join(site, path.replace(/\.md$/, ".html")), "utf8");
const files = () => readdirSync(site, { recursive: true, encoding: "utf8" });

beforeAll(() => {
  pages = sitePages(root);
  // Apart from this process: the bundler of the site has another version of what runs the tests.
  execFileSync(process.execPath, ["schema/site/build.ts", site], { cwd: root, stdio: "pipe", timeout: 500_000 });
});
afterAll(() => rmSync(site, { recursive: true, force: true }));

describe("the documentation as a site", () => {
  it("should have every page, under its title", () => {
    expect(pages.length).toBeGreaterThan(100);
    expect(pages.filter(({ path }) => !existsSync(join(site, path.replace(/\.md$/, ".html"))))).toEqual([]);
    const shown = new Set(pages.map(({ source }) => source));
    const written = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".md"),
    );
    expect(written.map((name) => `docs/${name}`).filter((path) => !shown.has(path))).toEqual([]);
    const untitled = pages.filter(({ text, path, title }) => title === path && !text.startsWith("---\n"));
    expect(untitled.map(({ path }) => path)).toEqual([]);
  });

  it("should have a page for each profile and each plugin, and a part for each command, error and event", () => {
    const paths = pages.map(({ path }) => path);
    for (const name of readdirSync(join(root, "profiles")))
      expect(paths).toContain(`profiles/${name.replace("yaml", "md")}`);
    for (const name of readdirSync(join(root, "plugins"))) expect(paths).toContain(`reference/plugins/${name}.md`);
    const { commands } = createRequire(import.meta.url)(join(root, "oclif.manifest.json"));
    const shown = html("reference/commands.md");
    const missing = Object.keys(commands).filter((id) => !shown.includes(`sluice ${id.replaceAll(":", " ")}`));
    expect(missing).toEqual([]);
    const errors = html("reference/errors.md");
    expect(Object.keys(errorCodes).filter((code) => !errors.includes(code))).toEqual([]);
    const events = html("reference/events.md");
    for (const type of ["run-start", "exec-result", "gap"]) expect(events).toContain(`id="${type}"`);
  });

  it("should lead to pages, parts of pages and pictures that are there", () => {
    const ids = new Map<string, Set<string>>();
    const idsOf = (path: string) => {
      const known = ids.get(path) ?? new Set([...html(path).matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id));
      ids.set(path, known);
      return known;
    };
    const broken: string[] = [];
    let followed = 0;
    for (const path of files().filter((name) => name.endsWith(".html") && name !== "404.html")) {
      const main = html(path).replace(/^[\s\S]*?<main/, "<main");
      for (const [, target = ""] of main.matchAll(/(?:href|src)="([^"]+)"/g)) {
        if (/^(https?:|mailto:|data:)/.test(target)) continue;
        followed += 1;
        const [file = "", hash] = target.split("#");
        const wanted = file === "" ? path : file.startsWith("/") ? file.slice(1) : join(dirname(path), file);
        const found = [wanted, `${wanted}.html`, join(wanted, "index.html")].find(
          (each) => /\.\w+$/.test(each) && existsSync(join(site, each)),
        );
        if (found === undefined) broken.push(`${path}: ${target}`);
        else if (hash && found.endsWith(".html") && !idsOf(found).has(decodeURIComponent(hash)))
          broken.push(`${path}: ${target}`);
      }
    }
    expect(followed).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });

  it("should need no network: nothing is loaded from elsewhere, and the search has its index along", () => {
    for (const path of files().filter((name) => /\.(html|css)$/.test(name))) {
      const text = readFileSync(join(site, path), "utf8");
      expect([path, ...text.matchAll(/<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?\/\/[^"]+"/g)]).toEqual(
        [path],
      );
      expect([path, ...text.matchAll(/url\(["']?(?:https?:)?\/\//g)]).toEqual([path]);
    }
    const indexes = files().filter((name) => /localSearchIndex/.test(name));
    expect(indexes.map((name) => (/Indexzh/.test(name) ? "zh" : "en")).sort()).toEqual(["en", "zh"]);
    const english = indexes.find((name) => !/Indexzh/.test(name)) ?? "";
    const index = readFileSync(join(site, english), "utf8");
    for (const word of ["sluice_store_newer", "memory", "pictures"]) expect(index.toLowerCase()).toContain(word);
  });

  it("should greet in English and in Chinese", () => {
    expect(html("index.md")).toMatch(/<html lang="en"[\s\S]*Streams through a sandbox/);
    expect(html("zh/index.md")).toMatch(/<html lang="zh-CN"[\s\S]*流经沙箱/);
  });
});
