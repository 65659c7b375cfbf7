import type { Page } from "playwright-core";
import { faultsOf, type Rules, rulesOfWidth } from "./monitor-axe.ts";
import type { Monitor } from "./monitor-kit.ts";
import { tooWide } from "./monitor-width.ts";

/** Runs and turns that are looked at. */
export interface Looked {
  readonly run: string;
  readonly other: string;
  readonly said: string;
}

/** Gives a host without containers something to show. */
export async function giveLooks({ host }: Monitor): Promise<Looked> {
  const done = async (flow: string, text: string, session?: string) => {
    const handle = host.runs.open({ flow, input: { text }, ...(session === undefined ? {} : { session }) });
    await handle.done;
    return handle.run;
  };
  const other = await done("both", "What is 6 times 7?");
  const run = await done("rescue", "And this?");
  await done("answer", "Is it?", "talk");
  return { run, other, said: await done("rescue", "Is it?", "talk~2") };
}

/** Every screen, with what shows that it has been drawn, and the dialogs on it. */
export const screensOf = ({
  run,
  other,
  said,
}: Looked): readonly (readonly [path: string, text: string | RegExp])[] => [
  ["overview", "Memory of the host"],
  ["overview?instance=careful", "On the command line"],
  ["chat", "Flows; several answer side by side"],
  ["chat/talk", "It is 42."],
  [`chat/talk?edit=${said}`, "Leave it"],
  ["runs", "And this?"],
  ["runs?q=nothing-of-that-kind", "No run fits"],
  [`runs/${run}`, /What stands struck out above/],
  [`runs/${run}?view=waterfall`, "What"],
  [`runs/${run}?view=compare&with=${other}`, "What was asked"],
  [`runs/${run}?view=code`, "No program was run"],
  [`runs/${run}?view=raw`, "run-start"],
  ["logs", /run ends: ok/],
  ["logs?q=nothing-of-that-kind", "Nothing fits this search"],
  ["logs?entry=1", "Around it"],
  ["flow/both", "all: side by side"],
  ["flow/both?view=outline", "all: side by side"],
  ["flow/both?tap=quick", "text-delta"],
  ["sandboxes", "No sandbox is open"],
  ["hosts", "Where each run is"],
  ["charts", "Runs that ended"],
  ["models", "quick-mini"],
  ["configuration?instance=careful", "Pause before each delta but the first."],
  ["events", "quick.text-delta"],
  ["events?topic=quick.text-delta", "Its schema"],
  ["bundle", "Open a run that was exported"],
];

export interface View {
  readonly language: "en" | "zh";
  readonly width: number;
  readonly theme: "light" | "dark";
  readonly rules?: Rules;
}

/**
 * In one page, without a reload. Each width is judged in both themes and both languages: of a theme colours are judged
 * anew, of a width what may depend on it, of a language names.
 */
export const someViews: readonly View[] = [
  { language: "en", width: 1280, theme: "light" },
  { language: "en", width: 768, theme: "dark", rules: rulesOfWidth },
  { language: "en", width: 390, theme: "light", rules: rulesOfWidth },
  { language: "zh", width: 390, theme: "dark", rules: rulesOfWidth },
  { language: "zh", width: 768, theme: "light", rules: rulesOfWidth },
  { language: "zh", width: 1280, theme: "dark", rules: [...rulesOfWidth, "html-has-lang", "html-lang-valid"] },
];

/** Each language, width and theme with each rule: `npm run axe:monitor`. */
export const everyView: readonly View[] = (["en", "zh"] as const).flatMap((language) =>
  [1280, 768, 390].flatMap((width) =>
    (["light", "dark"] as const).map((theme): View => ({ language, width, theme, rules: "every" })),
  ),
);

/** A place in the page, as a link in it leads there. */
export const goTo = (page: Page, path: string) =>
  page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, `/monitor/${path}`);

async function view(page: Page, { width, theme }: { readonly width: number; readonly theme: "light" | "dark" }) {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function speak(page: Page, language: "en" | "zh"): Promise<void> {
  await view(page, { width: 1280, theme: "light" });
  const name = language === "zh" ? "切换到中文" : "Switch to English";
  await page.getByRole("button", { name }).dispatchEvent("click");
}

/** Faults of what is shown now, in each view. */
export async function faultsInViews(page: Page, views: readonly View[]): Promise<string[]> {
  const faults: string[] = [];
  let spoken = "en";
  for (const { language, width, theme, rules } of views) {
    if (language !== spoken) await speak(page, language);
    spoken = language;
    await view(page, { width, theme });
    const found = [...(await tooWide(page)), ...(await faultsOf(page, rules))];
    faults.push(...found.map((fault) => `${width} ${theme} ${language}: ${fault}`));
  }
  await speak(page, "en");
  return faults;
}

/** Charts are drawn when they come into view. */
export async function drawAll(page: Page): Promise<void> {
  const charts = page.locator("iframe.drawn-frame");
  for (const chart of await charts.all()) {
    await chart.scrollIntoViewIfNeeded();
    while ((await chart.getAttribute("aria-busy")) !== "false") await page.waitForTimeout(50);
  }
}
