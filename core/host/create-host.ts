import type { Plan } from "../config/plan.ts";
import { hostPaths, processEnvironment } from "../config/read/env.ts";
import type { TrustNeed } from "../config/read/trust.ts";
import { ConfigError } from "../config/report/config-error.ts";
import { SecretMask } from "../config/report/mask.ts";
import { SluiceError } from "../contract/errors.ts";
import type { HostEvent, LogLevel, RunEvent } from "../contract/event.ts";
import type { TransportHost } from "../contract/host.ts";
import {
  ClockToken,
  EnvironmentToken,
  LoggerToken,
  ModeToken,
  OwnerToken,
  PathsToken,
  ReporterToken,
} from "../contract/tokens.ts";
import type { Transport } from "../contract/transport.ts";
import { contractVersion } from "../contract/version.ts";
import { instancesOf } from "../flow/describe.ts";
import { Journals } from "../journal/journal.ts";
import { Sinks } from "../journal/sinks.ts";
import { packageRoot } from "../kit/package-root.ts";
import { loadPlan } from "../plugin/load-plan.ts";
import { OpenSandboxes } from "../run/open-sandboxes.ts";
import { RunRegistry } from "../run/runs.ts";
import { defaultSessionLimits, SessionRegistry } from "../run/sessions.ts";
import { ownerOfEvent } from "./authority/host-view.ts";
import { HostBus } from "./bus.ts";
import { systemClock } from "./clock.ts";
import { Container } from "./container.ts";
import { FeedRing } from "./feed.ts";
import { Grants } from "./grants.ts";
import { Host } from "./host.ts";
import { InstanceSet, wantedIds } from "./instance-set.ts";
import { demandTrust, judgeProfile } from "./judge.ts";
import { LiveToken } from "./live-token.ts";
import { Loggers } from "./loggers.ts";
import { HostOperation } from "./operation.ts";
import { createOwner } from "./owner.ts";
import { plainValue } from "./plain-value.ts";
import { ProfileEditor } from "./profile-editor.ts";
import { profilePath } from "./profile-path.ts";
import { LiveSettings } from "./settings.ts";
import { StartTimes } from "./start-times.ts";
import { TrustStore } from "./trust-store.ts";
import { packageVersion } from "./version.ts";

export interface CreateHostOptions {
  /** Path of a profile. Default `./sluice.yaml`, else the profile that comes with the package. */
  readonly profile?: string;
  /** A profile as an object, instead of a file. */
  readonly config?: unknown;
  /**
   * Whether the profile is the caller's own, and means what it says (`own`, the default), or may be anybody's (`judge`, as
   * on the command line): then one that reaches beyond the sandbox is refused until a person has trusted it.
   */
  readonly trust?: "own" | "judge";
  /** Kinds of needs that are no reason to refuse, where nothing is started that has them. */
  readonly tolerate?: readonly TrustNeed["kind"][];
  /** From where relative paths start. Default: the process's working directory. */
  readonly cwd?: string;
  /** For `${env:...}` and `SLUICE_HOME`. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Starts only what this flow leads to, with stores and sinks: no transport is opened and no pool filled. */
  readonly only?: string;
  /** The same by instance ids; an empty list starts stores and sinks alone. Beats `only`. */
  readonly instances?: readonly string[];
  /** Opens the transports of the profile. Default false. */
  readonly transports?: boolean;
  /** Instance id to options that replace those of the profile, already in the form that plugins receive. */
  readonly overrides?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Where the profile declares no store, runs are kept in the user's data folder unless this is false. */
  readonly store?: boolean;
  readonly logLevel?: LogLevel;
  /** Whether logs may go to the process's own stdout and stderr. Default true. */
  readonly terminal?: boolean;
  /** Told everything that happens outside of runs, from before the first instance starts. */
  readonly onEvent?: (event: HostEvent) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

/**
 * The composition root: reads a profile, builds what it declares and starts it.
 * @throws ConfigError with every problem of the profile; nothing was started then
 * @throws SluiceError of the first instance that could not start; everything was stopped again then
 */
export async function createHost(options: CreateHostOptions = {}): Promise<Host> {
  const env = options.env ?? processEnvironment();
  const cwd = options.cwd ?? process.cwd();
  const load = {
    ...(options.config === undefined ? { file: profilePath(options.profile, cwd) } : { config: options.config }),
    cwd,
    env,
    implicitStore: options.store ?? true,
  };
  const loaded = options.trust === "judge" ? await judgeProfile(load) : { ...(await loadPlan(load)), trusted: true };
  if (!loaded.plan) throw new ConfigError(loaded);
  demandTrust(loaded, loaded.plan.file, options.tolerate);
  const host = assemble(withOverrides(loaded.plan, options.overrides ?? {}), options, env);
  await host.start(options.signal ?? new AbortController().signal);
  return host;
}

function assemble(plan: Plan, options: CreateHostOptions, env: Readonly<Record<string, string | undefined>>): Host {
  const clock = systemClock;
  const now = () => clock.now();
  const transports = options.transports ?? false;
  const paths = hostPaths(env);
  const secrets = new SecretMask(plan.secrets);
  const token = transports ? new LiveToken(paths.state, (value) => secrets.learn([value])) : undefined;
  token?.onRotated(() => log.info("the token was replaced"));
  const mask = (text: string) => secrets.text(text);
  const owner = createOwner();
  const bus = new HostBus({ clock, mask });
  if (options.onEvent !== undefined) bus.listen(options.onEvent);
  const loggers = new Loggers(bus, options.logLevel);
  const log = loggers.of("core");
  const journals = new Journals({
    clock,
    mask: (value) => plainValue(value, mask),
    onStore: (error) => {
      if (error) log.error(error.message, { code: error.code, cure: error.cure });
      else log.warn("the store works again, and has what memory still had", { code: "SLUICE_STORE_FAILED" });
      const reason = error && `${error.message}. ${error.cure}`;
      for (const { id } of instances.ofKind("store")) bus.setStatus(id, error ? "degraded" : "ok", reason);
    },
    onRefused: (message, run) => log.debug(message, { run }),
  });

  let host: Host | undefined;
  const feed = new FeedRing();
  // Instances that are absent say so before there are runs and sessions, which the host has.
  const tell = (event: HostEvent | RunEvent) =>
    feed.push(event, host === undefined ? undefined : ownerOfEvent(host, event));
  bus.listen(tell);
  journals.onAccepted((entries) => {
    for (const { event } of entries) tell(event);
  });

  const container = new Container();
  container.provide(ClockToken, clock);
  container.provide(PathsToken, { ...paths, profile: plan.folder });
  container.provide(OwnerToken, owner);
  container.provide(EnvironmentToken, env);
  container.provide(ModeToken, { serving: transports, terminal: options.terminal ?? true });

  // The host is what transports are given, and is made of the instances, transports among them.
  const hostOf = (transport: string): TransportHost => {
    if (!host) throw new SluiceError("SLUICE_INTERNAL", "a transport was opened before there was a host");
    return host.forTransport(transport);
  };
  const open = new OpenSandboxes();
  const startTimes = new StartTimes(now);
  const instances = new InstanceSet({
    plan,
    wanted: wantedIds(plan, options.instances ?? onlyInstances(plan, options.only), transports),
    container,
    provideOwn: (planned, own) => {
      own.provide(LoggerToken, loggers.of(planned.id));
      own.provide(ReporterToken, bus.reporter(planned.id));
    },
    start: (planned, instance, signal) =>
      planned.plugin.manifest.kind === "transport"
        ? (instance as unknown as Transport).serve(hostOf(planned.id), signal)
        : instance.start?.(signal),
    track: (id, sandbox) => open.track(id, sandbox),
    onFault: (id, error) => log.warn(error.message, { code: error.code, instance: id }),
    serving: transports,
    report: ({ id, plugin }, status, reason, restarts) => {
      startTimes.report(id, status);
      const known = bus.statuses.some((each) => each.id === id);
      if (known) bus.setStatus(id, status, reason, status === "starting" && restarts > 0);
      else bus.register({ id, plugin: plugin.manifest.name, kind: plugin.manifest.kind }, status, reason);
      // One that comes late or comes again is used from then on.
      if (plugin.manifest.kind === "store" && status === "ok") journals.attach(instances.store());
    },
    now,
  });
  const sessions = new SessionRegistry((id) => instances.sandbox(id), clock, defaultSessionLimits);
  const runs = new RunRegistry({
    flows: plan.flows,
    budgets: plan.budgets,
    instances,
    sessions,
    journals,
    mask: secrets,
    store: () => instances.store(),
    now,
  });
  const settings = new LiveSettings({
    instances: () => instances.all(),
    hide: (value) => secrets.value(value),
    onSecrets: (values) => secrets.learn(values),
    onChange: (instance, keys, origin) => {
      bus.emit("config-changed", instance, { path: keys.join(","), origin });
      bus.emit("audit", "core", { action: "settings.set", client: origin, target: instance });
    },
    onDropped: (instance, keys) => {
      const message = `the address of ${instance} was changed, and so ${keys.join(", ")} was dropped: give the new one's`;
      log.warn(message, { instance });
    },
  });
  const operation: HostOperation = new HostOperation({
    ...{ bus, loggers, instances, open, sessions, runs },
    editor: () => editor,
    hide: (value) => secrets.value(value),
    startTimes: startTimes.took,
  });
  const editor = new ProfileEditor({
    plan,
    load: { cwd: options.cwd ?? process.cwd(), env, implicitStore: options.store ?? true },
    onWritten: (before, after) => {
      const store = new TrustStore(paths.state);
      if (store.has(before)) store.add(plan.file, after);
    },
    follow: (next, changes, origin) => {
      secrets.learn(next.secrets);
      return operation.follow(next, changes, origin);
    },
  });
  host = new Host({
    plan,
    info: {
      host: owner.host,
      version: packageVersion(packageRoot),
      contract: contractVersion,
      profile: plan.file,
      get token() {
        return token?.current ?? null;
      },
    },
    token,
    owner,
    clock,
    bus,
    journals,
    sinks: new Sinks({ bus, journals, clock }),
    instances,
    sessions,
    runs,
    settings,
    feed,
    access: new Grants((listener) => token?.onRotated(listener) ?? (() => undefined)),
    operation,
    open,
  });
  return host;
}

/** @throws SluiceError SLUICE_FLOW_NOT_FOUND */
function onlyInstances(plan: Plan, flow: string | undefined): readonly string[] | undefined {
  if (flow === undefined) return undefined;
  const node = Object.hasOwn(plan.flows, flow) ? plan.flows[flow] : undefined;
  if (node) return instancesOf(node);
  const names = Object.keys(plan.flows).join(", ") || "none";
  throw new SluiceError("SLUICE_FLOW_NOT_FOUND", `${plan.file} has no flow ${flow}; it has: ${names}`);
}

function withOverrides(plan: Plan, overrides: NonNullable<CreateHostOptions["overrides"]>): Plan {
  return {
    ...plan,
    instances: plan.instances.map((instance) => ({
      ...instance,
      config: { ...instance.config, ...overrides[instance.id] },
    })),
  };
}
