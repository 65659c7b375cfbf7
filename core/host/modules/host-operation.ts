import type { Plan } from "../../config/plan.ts";
import type { Environment } from "../../contract/tokens.ts";
import type { InstanceSet } from "../../instances/instance-set.ts";
import type { StartTimes } from "../../instances/start-times.ts";
import type { Journals } from "../../journal/journal.ts";
import { Sinks } from "../../journal/sinks.ts";
import { loadPlan } from "../../plugin/load-plan.ts";
import { ClusterSessions } from "../../run/cluster-sessions.ts";
import type { OpenSandboxes } from "../../run/open-sandboxes.ts";
import { RunRegistry } from "../../run/run-registry.ts";
import { defaultSessionLimits, SessionRegistry } from "../../run/sessions.ts";
import type { ClusterOperation } from "../cluster-operation.ts";
import type { CreateHostOptions } from "../host-options.ts";
import { judgeProfile } from "../judge.ts";
import { HostOperation } from "../operation.ts";
import { ProfileEditor } from "../profile-editor.ts";
import { demandForRun, LiveSettings } from "../settings.ts";
import { TrustStore } from "../trust-store.ts";
import type { CoreServices } from "./core-services.ts";
import { queueOf } from "./run-queue.ts";

export function runsOf(core: CoreServices, plan: Plan, instances: InstanceSet, journals: Journals) {
  const own = new SessionRegistry((id) => instances.sandbox(id), core.clock, defaultSessionLimits);
  const sessions = new ClusterSessions(own, () => queueOf(instances), core.log);
  own.onClosed = (name) => queueOf(instances)?.sessions.release(name);
  const runs = new RunRegistry({
    ...{
      flows: plan.flows,
      retries: plan.retries,
      budgets: plan.budgets,
      instances,
      sessions: own,
      journals,
      mask: core.secrets,
    },
    store: () => instances.store(),
    demandForRun: (id, values) => demandForRun(instances.all(), id, values),
    now: () => core.clock.now(),
    queue: () => queueOf(instances),
    clusterSessions: sessions,
  });
  return { sessions, runs };
}

export function settingsOf({ bus, log, secrets }: CoreServices, instances: InstanceSet): LiveSettings {
  return new LiveSettings({
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
}

/** What a sink refuses shows in its state, whatever it says of itself. */
export function sinksOf({ bus, clock, secrets }: CoreServices, instances: InstanceSet, journals: Journals): Sinks {
  return new Sinks({
    ...{ bus, journals, clock },
    mask: (text) => secrets.text(text),
    onRefusing: (id, reason) => {
      const own = instances.find(id);
      if (own === undefined || (own.status !== "ok" && own.status !== "degraded")) return;
      if (reason === undefined) bus.setStatus(id, own.status, own.reason);
      else bus.setStatus(id, "degraded", reason);
    },
  });
}

interface OperationParts {
  readonly core: CoreServices;
  readonly plan: Plan;
  readonly options: CreateHostOptions;
  readonly env: Environment;
  readonly instances: InstanceSet;
  readonly open: OpenSandboxes;
  readonly sessions: ClusterSessions;
  readonly runs: RunRegistry;
  readonly startTimes: StartTimes;
  readonly sinks: () => Sinks;
  readonly cluster: () => ClusterOperation;
  readonly onFollowed: () => void;
}

export function operationOf({ core, plan, options, env, startTimes, ...parts }: OperationParts): HostOperation {
  const { bus, loggers, secrets, paths } = core;
  const operation: HostOperation = new HostOperation({
    ...{ bus, loggers, ...parts },
    editor: () => editor,
    hide: (value) => secrets.value(value),
    startTimes: startTimes.took,
  });
  const editor = new ProfileEditor({
    plan,
    judge: async (load) =>
      options.trust === "judge"
        ? judgeProfile(load)
        : { ...(await loadPlan({ ...load, trust: "own" })), trusted: true },
    load: { cwd: options.cwd ?? process.cwd(), env, implicitStore: options.store ?? true },
    onWritten: (before, after) => {
      const store = new TrustStore(paths.state);
      if (before !== undefined && after !== undefined && store.has(before)) store.add(plan.file, after);
    },
    onRefused: ({ status, problems }, client) => {
      const why = problems.map(({ message, line }) => (line === undefined ? message : `${message} (line ${line})`));
      const message = `a change of the profile is ${status}: ${why.join("; ")}`;
      // Who watches the files shows the outcome on the terminal of the host.
      const told = client === "watch" ? { told: true as const } : {};
      bus.emit("log", "core", { level: "warn", message, fields: { client, code: problems[0]?.code }, ...told });
    },
    follow: (next, changes, origin) => {
      secrets.learn(next.secrets);
      return operation.follow(next, changes, origin);
    },
  });
  return operation;
}
