import { ClockToken, type ConfigIssue, definePlugin, LoggerToken, PathsToken } from "../../core/contract/index.ts";
import { knownModels, locate } from "./catalogue.ts";
import type { LlmLocalConfig } from "./config.generated.ts";
import { LocalModel } from "./local-model.ts";

export default definePlugin<LlmLocalConfig>()({
  inject: { log: LoggerToken, clock: ClockToken, paths: PathsToken },
  check: checkModel,
  create: ({ id, config, log, clock, paths }) => new LocalModel(config, { id, log, clock, paths }),
});

function checkModel(config: LlmLocalConfig): ConfigIssue[] {
  if (locate(config, { models: "", profile: "" })) return [];
  return [
    {
      path: "/model",
      message: `no model is called ${config.model}`,
      cure: `Take ${Object.keys(knownModels).join(", ")}, hf:owner/repository/file.gguf, a URL, or the path of a .gguf file.`,
    },
  ];
}
