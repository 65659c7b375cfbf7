import { definePlugin, LoggerToken } from "../../core/contract/index.ts";
import { Http, isLoopback } from "../../core/kit/index.ts";
import type { OpenaiApiConfig } from "./config.generated.ts";
import { OpenaiDoor } from "./door.ts";

export default definePlugin<OpenaiApiConfig>()({
  inject: { http: Http, log: LoggerToken },
  check: ({ listen, token }) =>
    isLoopback(listen) || token !== undefined
      ? []
      : [
          {
            path: "/listen",
            message: `${listen} can be reached from other machines, and no token is set`,
            cure: "Set token: ${env:NAME}, or listen on 127.0.0.1.",
          },
        ],
  create: ({ config, http, log }) => new OpenaiDoor(config, http, log),
});
