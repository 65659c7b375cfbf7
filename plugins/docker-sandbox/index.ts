import {
  definePlugin,
  EnvironmentToken,
  LoggerToken,
  ModeToken,
  OwnerToken,
  PathsToken,
  ReporterToken,
} from "../../core/contract/index.ts";
import { check } from "./check.ts";
import type { DockerSandboxConfig } from "./config.ts";
import { diagnose } from "./diagnose/index.ts";
import { chosenEngine } from "./engine/address.ts";
import { DockerSandbox } from "./sandbox.ts";

export default definePlugin<DockerSandboxConfig>()({
  inject: {
    environment: EnvironmentToken,
    log: LoggerToken,
    owner: OwnerToken,
    mode: ModeToken,
    paths: PathsToken,
    reporter: ReporterToken,
  },
  check,
  diagnose,
  create: ({ id, config, environment, log, owner, mode, paths, reporter }) => {
    const docker = chosenEngine(config.docker, environment);
    return new DockerSandbox({ id, config: { ...config, docker }, log, owner, mode, reporter, cache: paths.cache });
  },
});
