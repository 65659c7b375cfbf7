import {
  ClockToken,
  type ConfigIssue,
  definePlugin,
  EnvironmentToken,
  LoggerToken,
  PathsToken,
} from "../../core/contract/index.ts";
import { locate } from "./catalogue.ts";
import type { LlmLocalConfig } from "./config.generated.ts";
import { defaultHub, hubOf } from "./hub.ts";
import { knownModels } from "./known-models.ts";
import { LocalModel } from "./local-model.ts";

export default definePlugin<LlmLocalConfig>()({
  inject: { environment: EnvironmentToken, log: LoggerToken, clock: ClockToken, paths: PathsToken },
  check: checkModel,
  create: ({ id, config, environment, log, clock, paths }) =>
    new LocalModel({ ...config, hub: hubOf(config, environment) }, { id, log, clock, paths }),
});

function checkModel(config: LlmLocalConfig): ConfigIssue[] {
  if (locate({ ...config, hub: config.hub ?? defaultHub }, { models: "", profile: "" })) return [];
  return [
    {
      path: "/model",
      message: `no model is called ${config.model}`,
      cure: `Take auto, ${Object.keys(knownModels).join(", ")}, hf:owner/repository/file.gguf, a URL, or the path of a .gguf file.`,
    },
  ];
}
