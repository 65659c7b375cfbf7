import { ClockToken, definePlugin, LoggerToken } from "../../core/contract/index.ts";
import type { OllamaConfig } from "./config.ts";
import { OllamaModel } from "./ollama-model.ts";

export default definePlugin<OllamaConfig>()({
  inject: { log: LoggerToken, clock: ClockToken },
  create: ({ id, config, log, clock }) => new OllamaModel(config, { id, log, clock }),
});
