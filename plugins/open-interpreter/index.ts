import { definePlugin, LoggerToken, ModeToken, SluiceError } from "../../core/contract/index.ts";
import { lendsContainers } from "../../core/kit/index.ts";
import type { OpenInterpreterConfig } from "./config.generated.ts";
import { OpenInterpreter } from "./model.ts";

export default definePlugin<OpenInterpreterConfig>()({
  inject: { log: LoggerToken, mode: ModeToken },
  check: ({ workspace, tmp, memory }) =>
    workspace + tmp < memory
      ? []
      : [
          {
            path: "/memory",
            message: "workspace and tmp are kept in memory and leave nothing of it",
            cure: "Raise it.",
          },
        ],
  create: ({ id, config, refs, log, mode }) => {
    const engine = refs["engine"];
    if (!lendsContainers(engine)) {
      throw new SluiceError("SLUICE_PLUGIN_CREATE", `${id}: its engine lends no containers for servers.`, {
        cure: "Set engine to an instance of docker-sandbox.",
      });
    }
    return new OpenInterpreter(config, { id, engine, log, mode });
  },
});
