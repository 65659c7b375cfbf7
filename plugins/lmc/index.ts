import { definePlugin, HostToken, LoggerToken, ReporterToken } from "../../core/contract/index.ts";
import { Http } from "../../core/kit/index.ts";
import type { LmcConfig } from "./config.generated.ts";
import { LmcTransport } from "./lmc-transport.ts";

export default definePlugin<LmcConfig>()({
  inject: { host: HostToken, http: Http, log: LoggerToken, reporter: ReporterToken },
  create: ({ config, host, http, log, reporter }) => new LmcTransport(config, { host, http, log, reporter }),
});
