import { definePlugin, Http, LoggerToken, ReporterToken } from "../../core/index.ts";
import type { LmcConfig } from "./config.generated.ts";
import { LmcDoor } from "./door.ts";

export default definePlugin<LmcConfig>()({
  inject: { http: Http, log: LoggerToken, reporter: ReporterToken },
  create: ({ config, http, log, reporter }) => new LmcDoor(config, { http, log, reporter }),
});
