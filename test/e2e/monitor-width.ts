import type { Page } from "playwright-core";

/** Boxes that are made to be scrolled sideways: bars of a phone, tables of data, and what has lines of its own. */
const wide = [
  ...[".rail", ".chips", ".tabs", ".flow-choice", ".timeline", ".waterfall", ".table-box"],
  ...["pre", ".block", ".terminal", ".cm-scroller", ".code-box", ".graph", ".react-flow", ".diff"],
].join();

/**
 * Where more stands than there is room for, in words. The window shows it by a bar. A box inside hides it: it is cut off,
 * or only found by who scrolls the box sideways. A line that is cut says so by an ellipsis.
 */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate((made) => {
    const found: string[] = [];
    const told = (element: Element, pixels: number) => {
      const words = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
      const name = element === document.documentElement ? "the window" : `${element.localName}.${element.className}`;
      found.push(`${name}: ${Math.round(pixels)} pixels too wide: ${words}`);
    };
    const look = (element: Element): void => {
      const style = getComputedStyle(element);
      if (style.display === "none" || style.visibility === "hidden" || element.matches(`${made}, .hidden, .skip`))
        return;
      const over = element.scrollWidth - element.clientWidth;
      const isBox = element.clientWidth > 1 && !style.display.startsWith("inline");
      // Of many boxes inside each other the inner one is told: it is where there is no room.
      const before = found.length;
      if (style.textOverflow !== "ellipsis") for (const child of element.children) look(child);
      if (over > 1 && isBox && style.textOverflow !== "ellipsis" && found.length === before) told(element, over);
    };
    look(document.documentElement);
    return found;
  }, wide);
}
