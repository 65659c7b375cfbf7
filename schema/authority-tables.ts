import type { Method } from "../core/contract/access.ts";
import { authority, neededRole } from "../core/host/authority/table.ts";

/** What each transport lets its clients ask for. */
export const surfaces = {
  websocket: [
    ...(["runs.open", "runs.env", "runs.get", "runs.list", "runs.steer", "runs.files"] as const),
    ...(["journal.follow", "sessions.use"] as const),
    ...(["sessions.list", "sessions.close", "sessions.files", "feed.read", "status.read"] as const),
    ...(["settings.get", "settings.set", "instances.operate", "profile.apply"] as const),
  ],
  "web-monitor": [
    ...(["runs.files", "journal.follow", "feed.read", "status.read", "status.private", "instances.operate"] as const),
    ...(["sandboxes.list", "sandboxes.stop", "profile.read", "profile.check", "profile.secrets"] as const),
    ...(["profile.apply", "shares.give", "shares.list", "shares.end"] as const),
    ...(["sessions.use", "sessions.close", "sessions.files"] as const),
  ],
  mcp: ["runs.open", "runs.get", "runs.list", "journal.follow", "sessions.use", "sessions.files"],
  lmc: ["runs.open", "runs.steer", "sessions.use", "sessions.files", "settings.get", "settings.set"],
  "openai-api": ["runs.open", "runs.steer", "status.read"],
} as const satisfies Readonly<Record<string, readonly Method[]>>;

const begin = "<!-- authority -->";
const end = "<!-- /authority -->";

/** The page with the table of authority between its marks. */
export function withAuthority(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) return page;
  return `${page.slice(0, from + begin.length)}\n${table()}${page.slice(to)}`;
}

function table(): string {
  const head = "| to | the principal's own | of others, or without an owner | over |\n|---|---|---|---|\n";
  const rows = (Object.keys(authority) as Method[]).map((method) => {
    const rule = authority[method];
    const others = "others" in rule ? neededRole(method, "others") : "";
    const over = Object.entries(surfaces).filter(([, methods]) => (methods as readonly Method[]).includes(method));
    const names = over.map(([name]) => name).join(", ");
    return `| ${rule.does} (\`${method}\`) | ${rule.role} | ${others} | ${names || "no transport"} |\n`;
  });
  return head + rows.join("");
}
