import { ClockToken, definePlugin, LoggerToken } from "../../core/contract/index.ts";
import { RemoteModel } from "../../core/kit/index.ts";
import type { AnthropicConfig } from "./config.ts";
import { anthropic } from "./provider.ts";

export default definePlugin<AnthropicConfig>()({
  inject: { log: LoggerToken, clock: ClockToken },
  create: ({ id, config, log, clock }) => new RemoteModel(anthropic, config, { id, log, clock }),
});
