import { join } from "node:path";
import { definePlugin, PathsToken } from "../../core/contract/index.ts";
import type { LogFileConfig } from "./config.generated.ts";
import { FileSink } from "./file-sink.ts";

export default definePlugin<LogFileConfig>()({
  inject: { paths: PathsToken },
  create: ({ config, paths }) =>
    new FileSink({ ...config, path: config.path ?? join(paths.data, "log", "sluice.ndjson") }),
});
