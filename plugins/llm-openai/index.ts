import { ClockToken, definePlugin, LoggerToken } from "../../core/contract/index.ts";
import { RemoteModel } from "../../core/kit/index.ts";
import type { OpenAIConfig } from "./config.ts";
import { openAI } from "./provider.ts";

export default definePlugin<OpenAIConfig>()({
  inject: { log: LoggerToken, clock: ClockToken },
  create: ({ id, config, log, clock }) => new RemoteModel(openAI, config, { id, log, clock }),
});
