import type { Plan } from "../config/plan.ts";
import { processEnvironment } from "../config/read/env.ts";
import { ConfigError } from "../config/report/config-error.ts";
import type { Environment } from "../contract/tokens.ts";
import { closure } from "../instances/order.ts";
import { wantedIds } from "../instances/wanted.ts";
import { instancesOf } from "../kit/flow/index.ts";
import { unknownFlow } from "../kit/text/unknown-name.ts";
import { loadPlan } from "../plugin/load-plan.ts";
import type { ClusterOperation } from "./cluster-operation.ts";
import { Grants } from "./grants.ts";
import { Host } from "./host.ts";
import type { CreateHostOptions } from "./host-options.ts";
import { demandTrust, judgeProfile } from "./judge.ts";
import { clusterOf, queueHostOf } from "./modules/cluster.ts";
import { containerOf, coreServices, infoOf } from "./modules/core-services.ts";
import { operationOf, runsOf, settingsOf, sinksOf } from "./modules/host-operation.ts";
import { feedOf, instancesOfPlan, journalsOf } from "./modules/plan-instances.ts";
import { profilePath } from "./profile-path.ts";

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
  const host = hostOfPlan(withOverrides(loaded.plan, options.overrides ?? {}), options, env);
  await host.start(options.signal ?? new AbortController().signal);
  return host;
}

/** A host with what `flow` leads to and nothing else: no store, no sink and no transport of the profile. */
export async function hostOfFlow(plan: Plan, flow: string, env: Environment, signal: AbortSignal): Promise<Host> {
  const ids = Object.hasOwn(plan.flows, flow) ? onlyInstances(plan, flow) : [flow];
  const host = hostOfPlan(plan, { env, store: false, terminal: false }, env, closure(ids ?? [], plan.instances));
  await host.start(signal);
  return host;
}

/** The host's parts, each made of those before it. What looks forward does so when it is called. */
function hostOfPlan(plan: Plan, options: CreateHostOptions, env: Environment, only?: ReadonlySet<string>): Host {
  let host: Host | undefined;
  const core = coreServices(plan, options, env);
  const journals = journalsOf(
    core,
    () => instances,
    () => runs,
  );
  const feed = feedOf(core, journals, () => host);
  const wanted = only ?? wantedIds(plan, options.instances ?? onlyInstances(plan, options.only), core.serving);
  const { instances, open, startTimes } = instancesOfPlan({
    ...{ core, plan, wanted, journals },
    container: containerOf(core, plan, options, env),
    host: () => host,
    queueHost: () => queueHostOf(runs.cluster, cluster()),
  });
  let known: ClusterOperation | undefined;
  const cluster = () => {
    known ??= clusterOf(core, () => host as Host, { instances, settings });
    return known;
  };
  const { sessions, runs } = runsOf(core, plan, instances, journals);
  const settings = settingsOf(core, instances);
  const sinks = sinksOf(core, instances, journals);
  const operation = operationOf({
    ...{ core, plan, options, env, instances, open, sessions, runs, startTimes },
    sinks: () => sinks,
    onFollowed: () => host?.followed(),
    cluster,
  });
  host = new Host({
    ...{ plan, instances, sessions, runs, settings, operation, open, journals, feed },
    ...{ token: core.token, owner: core.owner, clock: core.clock, bus: core.bus, info: infoOf(core, plan) },
    sinks,
    access: new Grants((listener) => core.token?.onRotated(listener) ?? (() => undefined)),
  });
  return host;
}

/** @throws SluiceError SLUICE_FLOW_NOT_FOUND */
function onlyInstances(plan: Plan, flow: string | undefined): readonly string[] | undefined {
  if (flow === undefined) return undefined;
  const node = Object.hasOwn(plan.flows, flow) ? plan.flows[flow] : undefined;
  if (node) return instancesOf(node);
  throw unknownFlow(flow, Object.keys(plan.flows), plan.file);
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
