import { ClockToken, definePlugin, LoggerToken } from "../../core/contract/index.ts";
import { RemoteModel } from "../../core/kit/index.ts";
import type { GoogleConfig } from "./config.ts";
import { google } from "./provider.ts";

export default definePlugin<GoogleConfig>()({
  inject: { log: LoggerToken, clock: ClockToken },
  create: ({ id, config, log, clock }) => new RemoteModel(google, config, { id, log, clock }),
});
