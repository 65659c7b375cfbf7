import type { Page } from "playwright-core";

/** How long a person takes, in milliseconds. */
export interface Pace {
  /** To look once at what is drawn. */
  readonly look: number;
  /** To move the pointer somewhere and press. */
  readonly click: number;
  readonly key: number;
}

/** Somebody who is neither hurried nor slow. */
export const personsPace: Pace = { look: 250, click: 400, key: 60 };
export const noPause: Pace = { look: 20, click: 0, key: 0 };

/** Words that are drawn, and where. */
interface Piece {
  readonly text: string;
  /** The whole line, cell or paragraph that they stand in. */
  readonly block: string;
  readonly x: number;
  readonly y: number;
  readonly top: number;
  readonly bottom: number;
  /** Whether it stands in a field of a form; other words are text, an editor's too. */
  readonly isField: boolean;
  /** Whether it is drawn pale, as what cannot be pressed yet. */
  readonly isPale: boolean;
}

const canBePressed = ({ isPale }: Piece): boolean => !isPale;

/** Looks and clicks as a person: knows what is drawn in the view, and neither addresses nor elements. */
export class Person {
  readonly #page: Page;
  readonly #pace: Pace;
  /** What was pressed or typed since the last count. */
  #steps: string[] = [];

  constructor(page: Page, pace: Pace) {
    this.#page = page;
    this.#pace = pace;
  }

  /** The steps since it was last asked. */
  steps(): readonly string[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  /** Looks until words can be read; with `beside`, those at the height of other words. */
  async reads(words: RegExp, beside?: RegExp): Promise<void> {
    await this.#find(words, beside);
  }

  /** What still moves, because more of the page comes, is pressed once it stands; what is pale, once it is not. */
  async clicks(words: RegExp, beside?: RegExp, isMeant = canBePressed): Promise<void> {
    let at = await this.#find(words, beside, isMeant);
    for (;;) {
      await this.#page.waitForTimeout(Math.max(this.#pace.click, 150));
      const now = foundIn((await this.#page.evaluate(drawn)).filter(isMeant), words, beside);
      if (now !== undefined && now.x === at.x && now.y === at.y) break;
      at = now ?? (await this.#find(words, beside, isMeant));
    }
    await this.#page.mouse.click(at.x, at.y);
    this.#steps.push(`click ${words.source}`);
  }

  /** Writes over what the field has that shows these words. */
  async fills(words: RegExp, text: string): Promise<void> {
    await this.clicks(words, undefined, ({ isField }) => isField);
    await this.writes(text);
  }

  /** Writes over what the field has that was clicked. */
  async writes(text: string): Promise<void> {
    await this.#page.keyboard.press("Control+a");
    await this.#page.keyboard.type(text, { delay: this.#pace.key });
    this.#steps.push("type");
  }

  async #find(words: RegExp, beside?: RegExp, isMeant: (piece: Piece) => boolean = () => true): Promise<Piece> {
    const end = performance.now() + 60_000;
    let seen: readonly Piece[] = [];
    while (performance.now() < end) {
      await this.#page.waitForTimeout(this.#pace.look);
      seen = await this.#page.evaluate(drawn);
      const found = foundIn(seen.filter(isMeant), words, beside);
      if (found !== undefined) return found;
    }
    const view = [...new Set(seen.map(({ block }) => block))].join("\n");
    throw new Error(
      `${words}${beside === undefined ? "" : ` beside ${beside}`} is not in the view, which says:\n${view}`,
    );
  }
}

function foundIn(seen: readonly Piece[], words: RegExp, beside: RegExp | undefined): Piece | undefined {
  const anchors = beside === undefined ? undefined : seen.filter(({ block }) => beside.test(block));
  const near = seen.filter(({ y }) => anchors?.some(({ top, bottom }) => top <= y && y <= bottom) ?? true);
  return near.find(({ text }) => words.test(text)) ?? near.find(({ block }) => words.test(block));
}

/** In the page: all words that can be seen now. What lies under something else or is scrolled away is not there. */
function drawn(): Piece[] {
  const pieces: (Omit<Piece, "block"> & { readonly holder: Element })[] = [];
  const blocks = new Map<Element, string[]>();
  const range = document.createRange();
  const blockOf = (element: Element): Element => {
    const parent = element.parentElement;
    return parent !== null && getComputedStyle(element).display === "inline" ? blockOf(parent) : element;
  };
  /** Whether it is what is seen at that point; a click may go through it, as through a message that passes. */
  const isOnTop = (element: HTMLElement, x: number, y: number): boolean => {
    const { pointerEvents } = element.style;
    element.style.pointerEvents = "auto";
    const top = document.elementFromPoint(x, y);
    element.style.pointerEvents = pointerEvents;
    return top !== null && element.contains(top);
  };
  const add = (element: HTMLElement, text: string, rects: Iterable<DOMRect>): void => {
    for (const rect of rects) {
      const x = (Math.max(rect.left, 0) + Math.min(rect.right, innerWidth)) / 2;
      const y = (Math.max(rect.top, 0) + Math.min(rect.bottom, innerHeight)) / 2;
      if (rect.width < 2 || rect.height < 2 || rect.bottom < 0 || rect.top > innerHeight) continue;
      if (!isOnTop(element, x, y)) continue;
      const holder = blockOf(element);
      blocks.set(holder, [...(blocks.get(holder) ?? []), text]);
      const isField = element.matches("input, textarea, select");
      const isPale = element.closest(":disabled") !== null;
      pieces.push({ text, holder, x, y, top: rect.top, bottom: rect.bottom, isField, isPale });
      return;
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    let at = 0;
    for (const line of (node.nodeValue ?? "").split("\n")) {
      range.setStart(node, at);
      range.setEnd(node, at + line.length);
      at += line.length + 1;
      if (line.trim() !== "") add(element, line.trim(), range.getClientRects());
    }
  }
  for (const field of document.querySelectorAll<HTMLInputElement>("input, textarea, select")) {
    if (field.type === "checkbox" || field.type === "file") continue;
    const { value, placeholder } = field;
    add(field, value === "" ? (placeholder ?? "") : value, [field.getBoundingClientRect()]);
  }
  return pieces.map(({ holder, ...piece }) => ({ ...piece, block: blocks.get(holder)?.join(" ") ?? piece.text }));
}
