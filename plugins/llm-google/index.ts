import { ClockToken, definePlugin, LoggerToken, RemoteModel } from "../../core/index.ts";
import type { GoogleConfig } from "./config.ts";
import { google } from "./provider.ts";

export default definePlugin<GoogleConfig>()({
  inject: { log: LoggerToken, clock: ClockToken },
  create: ({ id, config, log, clock }) => new RemoteModel(google, config, { id, log, clock }),
});
