import { definePlugin, Http, isLoopback, LoggerToken, ReporterToken } from "../../core/index.ts";
import type { LmcConfig } from "./config.generated.ts";
import { LmcDoor } from "./door.ts";

export default definePlugin<LmcConfig>()({
  inject: { http: Http, log: LoggerToken, reporter: ReporterToken },
  check: ({ listen, key }) =>
    isLoopback(listen) || key !== undefined
      ? []
      : [
          {
            path: "/listen",
            message: `${listen} can be reached from other machines, and no key is set`,
            cure: "Set key: ${env:NAME}, or listen on 127.0.0.1.",
          },
        ],
  create: ({ config, http, log, reporter }) => new LmcDoor(config, { http, log, reporter }),
});
