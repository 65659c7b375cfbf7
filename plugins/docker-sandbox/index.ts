import { definePlugin, LoggerToken, ModeToken, OwnerToken, ReporterToken } from "../../core/index.ts";
import { check } from "./check.ts";
import type { DockerSandboxConfig } from "./config.ts";
import { DockerSandbox } from "./sandbox.ts";

export default definePlugin<DockerSandboxConfig>()({
  inject: { log: LoggerToken, owner: OwnerToken, mode: ModeToken, reporter: ReporterToken },
  check,
  create: ({ id, config, log, owner, mode, reporter }) => new DockerSandbox({ id, config, log, owner, mode, reporter }),
});
