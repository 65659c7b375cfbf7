import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Frame, Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What is judged of a screen that has changed nothing but its theme: colours. */
const rulesOfColour: readonly string[] = ["color-contrast", "link-in-text-block"];

/** What besides may differ with the width: what is hidden there has no name, and what is narrow scrolls. */
export const rulesOfWidth: readonly string[] = [
  ...rulesOfColour,
  ...["button-name", "link-name", "label", "select-name", "input-button-name", "aria-command-name"],
  ...["scrollable-region-focusable", "aria-hidden-focus", "nested-interactive", "label-title-only", "list", "listitem"],
  ...["aria-required-children", "aria-required-parent", "aria-meter-name", "aria-progressbar-name", "image-alt"],
];

/** Some rules by name, or every rule that axe has, its best practices too; if left out those of WCAG 2.1 AA. */
export type Rules = readonly string[] | "every" | undefined;

/** Faults that axe finds in the page and in the frames of what programs showed. */
export async function faultsOf(page: Page, rules?: Rules): Promise<string[]> {
  const found: string[] = [];
  for (const frame of page.frames()) {
    // A frame in which no script runs is judged by nobody but the page around it.
    if (frame !== page.mainFrame() && !(await runsScripts(frame))) continue;
    const faults = await faultsOfFrame(frame, rules);
    const isPart = (fault: string) => rulesOfWholePages.some((rule) => fault.startsWith(`${rule}:`));
    found.push(...(frame === page.mainFrame() ? faults : faults.filter((fault) => !isPart(fault))));
  }
  return found;
}

/** What every page has, and no frame in it: a heading, a main part, and nothing beside its parts. */
const rulesOfWholePages = ["region", "landmark-one-main", "page-has-heading-one"];

async function runsScripts(frame: Frame): Promise<boolean> {
  const sandbox = await (await frame.frameElement()).getAttribute("sandbox");
  return sandbox === null || sandbox.includes("allow-scripts");
}

async function faultsOfFrame(frame: Frame, rules: Rules): Promise<string[]> {
  const values = rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
  const options: RunOptions = {
    ...(values === "every" ? {} : { runOnly: { type: rules === undefined ? "tag" : "rule", values: [...values] } }),
    resultTypes: ["violations"],
    iframes: false,
  };
  if (!(await frame.evaluate(() => "axe" in window))) await frame.evaluate(source);
  const { violations } = await frame.evaluate(
    (chosen) => (window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(chosen),
    options,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`),
  );
}
