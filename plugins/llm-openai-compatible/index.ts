import { ClockToken, definePlugin, LoggerToken } from "../../core/contract/index.ts";
import { RemoteModel } from "../../core/kit/index.ts";
import type { OpenAICompatibleConfig } from "./config.ts";
import { openAICompatible } from "./provider.ts";

export default definePlugin<OpenAICompatibleConfig>()({
  inject: { log: LoggerToken, clock: ClockToken },
  create: ({ id, config, log, clock }) => new RemoteModel(openAICompatible(config.name), config, { id, log, clock }),
});
