/**
 * Builds the documentation as a site that needs no network: `npm run site`, into `var/site`, or `-- FOLDER`. It reads
 * `oclif.manifest.json`, so `bin/build` goes before it.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { linked } from "./links.ts";
import { type Section, type SitePage, sitePages } from "./pages.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const titles: readonly (readonly [section: Section, title: string])[] = [
  ["guide", "Guide"],
  ["profiles", "Profiles that come along"],
  ["plugins", "Plugins of your own"],
  ["reference", "Reference"],
  ["inside", "Inside"],
  ["decisions", "Decisions"],
];

/** Puts the pages into `source` as VitePress reads them, and builds them into `target`. */
export async function buildSite(target: string, work = join(root, "var/site-source")): Promise<readonly SitePage[]> {
  const pages = sitePages(root);
  rmSync(work, { recursive: true, force: true });
  for (const page of pages) {
    const { text, pictures } = linked(page, pages);
    const path = join(work, page.path);
    mkdirSync(dirname(path), { recursive: true });
    // Text between double braces is text: nothing of a page is evaluated.
    writeFileSync(path, text.startsWith("---\n") ? text : `::: v-pre\n${text}\n:::\n`);
    for (const picture of pictures) {
      mkdirSync(join(work, "public"), { recursive: true });
      copyFileSync(join(root, picture), join(work, "public", basename(picture)));
    }
  }
  mkdirSync(join(work, ".vitepress"), { recursive: true });
  const config = JSON.stringify(configOf(pages, resolve(target)), null, 2);
  writeFileSync(join(work, ".vitepress/config.mjs"), `export default ${config};\n`);
  // The bundler reads the nearest one, and does not know ours.
  writeFileSync(join(work, "tsconfig.json"), "{}\n");
  await build(work);
  return pages;
}

function configOf(pages: readonly SitePage[], outDir: string): object {
  const items = (section: Section) =>
    pages
      .filter((page) => page.section === section && !page.path.endsWith("zh/index.md"))
      .map(({ path, title }) => ({ text: title, link: `/${path.replace(/(index)?\.md$/, "")}` }));
  const sidebar = titles.map(([section, text]) => ({ text, collapsed: section !== "guide", items: items(section) }));
  const search = { provider: "local" };
  return {
    ...{ title: "Sluicebox", description: "Streams through a sandbox.", cleanUrls: false, outDir },
    // Raw HTML of a page is shown as text.
    markdown: { html: false },
    locales: {
      root: { label: "English", lang: "en" },
      zh: {
        ...{ label: "简体中文", lang: "zh-CN", link: "/zh/" },
        themeConfig: { nav: [{ text: "教程", link: "/zh/tutorial" }], sidebar: [{ text: "指南", items: items("zh") }] },
      },
    },
    themeConfig: {
      nav: [
        { text: "Guide", link: "/guide/tutorial" },
        { text: "Reference", link: "/reference/commands" },
        { text: "Security", link: "/inside/security" },
      ],
      ...{ sidebar, search, outline: [2, 3] },
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = await buildSite(process.argv[2] ?? join(root, "var/site"));
  process.stdout.write(`${pages.length} pages\n`);
}
