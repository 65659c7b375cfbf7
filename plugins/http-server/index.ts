import { definePlugin, LoggerToken } from "../../core/contract/index.ts";
import type { HttpServerConfig } from "./config.generated.ts";
import { HttpServerService } from "./service.ts";

export default definePlugin<HttpServerConfig>()({
  inject: { log: LoggerToken },
  create: ({ config, log }) => new HttpServerService(config, log),
});
