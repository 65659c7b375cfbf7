import type { Plan } from "../../config/plan.ts";
import { hostPaths } from "../../config/read/env.ts";
import { SecretMask } from "../../config/report/mask.ts";
import type { HostInfo } from "../../contract/host.ts";
import type { HostOwner } from "../../contract/store.ts";
import {
  type Clock,
  ClockToken,
  type Environment,
  EnvironmentToken,
  type Logger,
  ModeToken,
  OwnerToken,
  PathsToken,
} from "../../contract/tokens.ts";
import { contractVersion } from "../../contract/version.ts";
import { packageRoot } from "../../kit/package-root.ts";
import { systemClock } from "../../kit/timing/system-clock.ts";
import { Container } from "../../plugin/container.ts";
import { HostBus } from "../bus.ts";
import type { CreateHostOptions } from "../host-options.ts";
import { LiveToken } from "../live-token.ts";
import { Loggers } from "../loggers.ts";
import { createOwner } from "../owner.ts";
import { packageVersion } from "../version.ts";

/** What a host has before it has any instance. */
export interface CoreServices {
  readonly clock: Clock;
  readonly paths: ReturnType<typeof hostPaths>;
  readonly secrets: SecretMask;
  /** The token that transports ask for, while the host serves. */
  readonly token: LiveToken | undefined;
  readonly owner: HostOwner;
  readonly bus: HostBus;
  readonly loggers: Loggers;
  /** The host's own. */
  readonly log: Logger;
  readonly serving: boolean;
}

export function coreServices(plan: Plan, options: CreateHostOptions, env: Environment): CoreServices {
  const clock = systemClock;
  const serving = options.transports ?? false;
  const paths = hostPaths(env);
  const secrets = new SecretMask(plan.secrets);
  const token = serving ? new LiveToken(paths.state, (value) => secrets.learn([value])) : undefined;
  const owner = createOwner();
  const bus = new HostBus({ clock, mask: (text) => secrets.text(text) });
  if (options.onEvent !== undefined) bus.listen(options.onEvent);
  const loggers = new Loggers(bus, options.logLevel);
  const log = loggers.of("core");
  token?.onRotated(() => log.info("the token was replaced"));
  return { clock, paths, secrets, token, owner, bus, loggers, log, serving };
}

/** The container with what is of the host; each instance adds its own. */
export function containerOf(core: CoreServices, plan: Plan, options: CreateHostOptions, env: Environment): Container {
  const container = new Container();
  container.provide(ClockToken, core.clock);
  container.provide(PathsToken, { ...core.paths, profile: plan.folder });
  container.provide(OwnerToken, core.owner);
  container.provide(EnvironmentToken, env);
  container.provide(ModeToken, { serving: core.serving, terminal: options.terminal ?? true });
  return container;
}

export function infoOf({ owner, token }: CoreServices, plan: Plan): HostInfo {
  return {
    host: owner.host,
    version: packageVersion(packageRoot),
    contract: contractVersion,
    profile: plan.file,
    get token() {
      return token?.current ?? null;
    },
  };
}
