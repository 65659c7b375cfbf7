import {
  ClockToken,
  definePlugin,
  HostToken,
  LoggerToken,
  PathsToken,
  ReporterToken,
} from "../../core/contract/index.ts";
import { Http, isLoopback } from "../../core/kit/index.ts";
import type { WebMonitorConfig } from "./config.generated.ts";
import { MonitorTransport } from "./monitor-transport.ts";

export default definePlugin<WebMonitorConfig>()({
  inject: {
    host: HostToken,
    http: Http,
    log: LoggerToken,
    clock: ClockToken,
    paths: PathsToken,
    reporter: ReporterToken,
  },
  check: ({ listen, metrics }) =>
    metrics === "open" && !isLoopback(listen)
      ? [
          {
            path: "/metrics",
            message: `anybody who reaches ${listen} could read the metrics`,
            cure: "Set metrics: token, or listen on 127.0.0.1.",
          },
        ]
      : [],
  create: ({ config, host, http, log, clock, paths, reporter }) =>
    new MonitorTransport(config, { host, http, log, clock, paths, reporter }),
});
