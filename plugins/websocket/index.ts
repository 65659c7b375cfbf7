import { ClockToken, definePlugin, HostToken, LoggerToken, ReporterToken } from "../../core/contract/index.ts";
import { Http, isLoopback } from "../../core/kit/index.ts";
import type { WebsocketConfig } from "./config.ts";
import { WebsocketTransport } from "./websocket-transport.ts";

export default definePlugin<WebsocketConfig>()({
  inject: { host: HostToken, http: Http, log: LoggerToken, clock: ClockToken, reporter: ReporterToken },
  check: ({ listen, token, tokens }) =>
    isLoopback(listen) || token !== undefined || tokens.length > 0
      ? []
      : [
          {
            path: "/listen",
            message: `${listen} can be reached from other machines, and no token is set`,
            cure: "Set token: ${env:NAME}, or listen on 127.0.0.1.",
          },
        ],
  create: ({ config, host, http, log, clock, reporter }) =>
    new WebsocketTransport(config, { host, http, log, clock, reporter }),
});
