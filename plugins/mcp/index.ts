import { definePlugin, HostToken, LoggerToken } from "../../core/contract/index.ts";
import { Http, isLoopback } from "../../core/kit/index.ts";
import type { McpConfig } from "./config.generated.ts";
import { McpTransport } from "./mcp-transport.ts";
import { serveStreams } from "./streams.ts";

export default definePlugin<McpConfig>()({
  inject: { host: HostToken, http: Http, log: LoggerToken },
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
  create: ({ config, host, http, log }) => new McpTransport(config, host, http, log),
  serveStreams,
});
