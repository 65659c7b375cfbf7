import { statSync } from "node:fs";

/** Which file a path leads to: SQLite goes on writing to one that was deleted, where nobody will ever read it. */
export function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}
