import type { Method } from "../core/contract/access.ts";
import { authority, neededRole, surfaces } from "../core/host/authority/table.ts";

const begin = "<!-- authority -->";
const end = "<!-- /authority -->";

/** The page with the table of authority between its marks. */
export function withAuthority(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) return page;
  return `${page.slice(0, from + begin.length)}\n${table()}${page.slice(to)}`;
}

function table(): string {
  const head = "| to | one's own | others' and nobody's | over |\n|---|---|---|---|\n";
  const rows = (Object.keys(authority) as Method[]).map((method) => {
    const rule = authority[method];
    const others = "others" in rule ? neededRole(method, "others") : "";
    const over = Object.entries(surfaces).filter(([, methods]) => (methods as readonly Method[]).includes(method));
    const names = over.map(([name]) => name).join(", ");
    return `| ${rule.does} (\`${method}\`) | ${rule.role} | ${others} | ${names || "no transport"} |\n`;
  });
  return head + rows.join("");
}
