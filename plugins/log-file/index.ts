import { join } from "node:path";
import { ConfigToken, type Paths, PathsToken } from "../../core/contract/index.ts";
import { inject, injectable } from "../../core/kit/index.ts";
import type { LogFileConfig } from "./config.generated.ts";
import { FileSink } from "./file-sink.ts";

/** A plugin as a class: each parameter names by its token what the host gives. */
@injectable()
export default class LogFile extends FileSink {
  constructor(@inject(ConfigToken) config: LogFileConfig, @inject(PathsToken) paths: Paths) {
    super({ ...config, path: config.path ?? join(paths.data, "log", "sluice.ndjson"), home: paths.data });
  }
}
