import { join } from "node:path";
import { ClockToken, definePlugin, LoggerToken, OwnerToken, PathsToken } from "../../core/contract/index.ts";
import type { StoreSqliteConfig } from "./config.generated.ts";
import { SqliteStore } from "./sqlite-store.ts";

export default definePlugin<StoreSqliteConfig>()({
  inject: { clock: ClockToken, log: LoggerToken, owner: OwnerToken, paths: PathsToken },
  create: ({ config, clock, log, owner, paths }) =>
    new SqliteStore({
      path: config.path ?? join(paths.data, "journal.db"),
      home: paths.data,
      keep: { runs: config.keepRuns, age: config.keepFor, size: config.keepSize },
      clock,
      log,
      owner,
    }),
});
