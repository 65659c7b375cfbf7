import { posix } from "node:path";
import type { SitePage } from "./pages.ts";

export interface Linked {
  readonly text: string;
  /** Pictures that the page shows, as paths in the repository. */
  readonly pictures: readonly string[];
}

const fenced = /^(`{3,}|~{3,})[\s\S]*?^\1[^\S\n]*$/gm;

/**
 * A page with its links as the site has them: to other pages, to pictures that come along, and else to nothing. A file of
 * the sources is named and not led to: the site stands by itself.
 */
export function linked(page: SitePage, pages: readonly SitePage[]): Linked {
  const bySource = new Map(
    pages.flatMap((each) => (each.source === undefined ? [] : [[each.source, each.path] as const])),
  );
  const pictures: string[] = [];
  const from = page.source;
  const rewritten = outsideOfCode(page.text, (prose) =>
    prose
      .replaceAll(/<!--[\s\S]*?-->\n?/g, "")
      .replaceAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, picture: string, words: string, target: string) => {
        if (/^(https?:|mailto:|#|\/)/.test(target) || from === undefined) return whole;
        const [path = "", hash] = target.split("#");
        const wanted = posix.normalize(posix.join(posix.dirname(from), path)).replace(/\/$/, "");
        if (picture === "!") {
          pictures.push(wanted);
          return `![${words}](/${posix.basename(wanted)})`;
        }
        const found = bySource.get(wanted) ?? bySource.get(`${wanted}/README.md`);
        if (found === undefined) return words;
        return `[${words}](/${found}${hash === undefined ? "" : `#${hash}`})`;
      }),
  );
  return { text: rewritten, pictures };
}

function outsideOfCode(text: string, change: (prose: string) => string): string {
  let at = 0;
  let result = "";
  for (const match of text.matchAll(fenced)) {
    result += change(text.slice(at, match.index)) + match[0];
    at = match.index + match[0].length;
  }
  return result + change(text.slice(at));
}
