/**
 * Which pages the site has, and where each comes from. Nothing is written twice: a page is a committed one, or it is
 * made of what the code says.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commandsPage } from "./commands-page.ts";
import { apiPage, eventsPage, profilePage, profilesOf } from "./generated-pages.ts";

export interface SitePage {
  /** Path in the site, such as `guide/tutorial.md`. */
  readonly path: string;
  /** Path in the repository, from where its links start; none for a page that is made. */
  readonly source?: string;
  readonly text: string;
  readonly title: string;
  readonly section: Section;
}

const sections = ["home", "guide", "profiles", "plugins", "reference", "inside", "decisions", "zh"] as const;
export type Section = (typeof sections)[number];

/** Pages of `docs/` and where they stand in the site. */
const written: readonly (readonly [source: string, path: string, section: Section])[] = [
  ["docs/index.md", "index.md", "home"],
  ["docs/zh/index.md", "zh/index.md", "zh"],
  ["README.md", "guide/tutorial.md", "guide"],
  ["README.zh-CN.md", "zh/tutorial.md", "zh"],
  ["docs/zh/comparison.md", "zh/comparison.md", "zh"],
  ["docs/from-the-first-system.md", "guide/from-the-first-system.md", "guide"],
  ["docs/monitor/guide.md", "guide/page.md", "guide"],
  ["docs/monitor/screens.md", "guide/screens.md", "guide"],
  ["docs/monitor/comparison.md", "inside/page-comparison.md", "inside"],
  ["docs/flows.md", "guide/flows.md", "guide"],
  ["docs/testing.md", "guide/testing.md", "guide"],
  ["docs/deploying.md", "guide/deploying.md", "guide"],
  ["docs/upgrading.md", "guide/upgrading.md", "guide"],
  ["docs/plugins.md", "plugins/index.md", "plugins"],
  ["docs/errors.md", "reference/errors.md", "reference"],
  ["docs/glossary.md", "reference/glossary.md", "reference"],
  ["docs/architecture.md", "inside/architecture.md", "inside"],
  ["docs/security.md", "inside/security.md", "inside"],
  ["docs/promises.md", "inside/promises.md", "inside"],
  ["docs/performance.md", "inside/performance.md", "inside"],
  ["docs/comparison.md", "inside/comparison.md", "inside"],
  ["CHANGELOG.md", "inside/changes.md", "inside"],
  ["CONTRIBUTING.md", "inside/contributing.md", "inside"],
];

/** All of them, in the order of the menu. */
export function sitePages(root: string): SitePage[] {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const names = (folder: string): string[] => readdirSync(join(root, folder)).sort();
  const page = (source: string, path: string, section: Section): SitePage => {
    const text = source === "CHANGELOG.md" ? withPending(read(source), root) : read(source);
    return { path, source, text, section, title: titleOf(text) ?? path };
  };
  const made = (path: string, section: Section, text: string): SitePage => ({
    ...{ path, section, text },
    title: titleOf(text) ?? path,
  });
  const kinds = names("docs/plugins").map((name) => page(`docs/plugins/${name}`, `plugins/${name}`, "plugins"));
  const plugins = names("plugins")
    .filter((name) => names(`plugins/${name}`).includes("README.md"))
    .map((name) => page(`plugins/${name}/README.md`, `reference/plugins/${name}.md`, "reference"));
  // A page that is new finds its place by itself.
  const listed = new Set(written.map(([source]) => source));
  const others = names("docs")
    .filter((name) => name.endsWith(".md") && !listed.has(`docs/${name}`))
    .map((name) => page(`docs/${name}`, `guide/${name}`, "guide"));
  const decisions = names("docs/decisions").map((name) =>
    page(`docs/decisions/${name}`, `decisions/${name === "README.md" ? "index.md" : name}`, "decisions"),
  );
  return [
    ...written.map(([source, path, section]) => page(source, path, section)),
    ...others,
    ...profilesOf(root).map(({ name, text }) => made(`profiles/${name}.md`, "profiles", text)),
    ...kinds,
    made("reference/commands.md", "reference", commandsPage(read("oclif.manifest.json"))),
    made("reference/profile.md", "reference", profilePage(read("schema/profile.schema.json"))),
    made("reference/events.md", "reference", eventsPage(root)),
    ...["sluicebox", "contract", "kit", "client", "testing"].map((entry) =>
      made(`reference/api/${entry}.md`, "reference", apiPage(entry, read(`schema/api/${entry}.d.txt`))),
    ),
    ...plugins,
    ...decisions,
  ];
}

/** The changes of each version, after those that no version has yet. */
function withPending(changelog: string, root: string): string {
  const folder = join(root, ".changeset");
  const pending = readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) =>
      readFileSync(join(folder, name), "utf8")
        .replace(/^---\n[\s\S]*?^---\n/m, "")
        .trim(),
    );
  const told = pending.filter((text) => text !== "").map((text) => `- ${text.replaceAll("\n", "\n  ")}\n`);
  if (told.length === 0) return changelog;
  return changelog.replace(/^(?=## )/m, () => `## Not released\n\n${told.join("")}\n`);
}

function titleOf(text: string): string | undefined {
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "");
}
