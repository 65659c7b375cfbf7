import { definePlugin } from "../../core/contract/index.ts";
import type { LlmWebsocketConfig } from "./config.generated.ts";
import { LmcModel } from "./lmc-model.ts";
import { SluiceModel } from "./sluice-model.ts";

export default definePlugin<LlmWebsocketConfig>()({
  check: ({ protocol, flow }) =>
    protocol === "lmc" && flow !== undefined
      ? [{ path: "/flow", message: "the protocol lmc knows no flows", cure: "Remove flow; the server decides." }]
      : [],
  create: ({ id, config }) => (config.protocol === "lmc" ? new LmcModel(id, config) : new SluiceModel(id, config)),
});
