import type { Plan } from "../../config/plan.ts";
import type { Environment } from "../../contract/tokens.ts";
import type { Journals } from "../../journal/journal.ts";
import type { Sinks } from "../../journal/sinks.ts";
import { loadPlan } from "../../plugin/load-plan.ts";
import type { OpenSandboxes } from "../../run/open-sandboxes.ts";
import { RunRegistry } from "../../run/runs.ts";
import { defaultSessionLimits, SessionRegistry } from "../../run/sessions.ts";
import type { CreateHostOptions } from "../host-options.ts";
import type { InstanceSet } from "../instance-set.ts";
import { judgeProfile } from "../judge.ts";
import { HostOperation } from "../operation.ts";
import { ProfileEditor } from "../profile-editor.ts";
import { LiveSettings } from "../settings.ts";
import type { StartTimes } from "../start-times.ts";
import { TrustStore } from "../trust-store.ts";
import type { CoreServices } from "./core-services.ts";

export function runsOf(core: CoreServices, plan: Plan, instances: InstanceSet, journals: Journals) {
  const sessions = new SessionRegistry((id) => instances.sandbox(id), core.clock, defaultSessionLimits);
  const runs = new RunRegistry({
    ...{ flows: plan.flows, budgets: plan.budgets, instances, sessions, journals, mask: core.secrets },
    store: () => instances.store(),
    now: () => core.clock.now(),
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

interface OperationParts {
  readonly core: CoreServices;
  readonly plan: Plan;
  readonly options: CreateHostOptions;
  readonly env: Environment;
  readonly instances: InstanceSet;
  readonly open: OpenSandboxes;
  readonly sessions: SessionRegistry;
  readonly runs: RunRegistry;
  readonly startTimes: StartTimes;
  readonly sinks: () => Sinks;
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
    follow: (next, changes, origin) => {
      secrets.learn(next.secrets);
      return operation.follow(next, changes, origin);
    },
  });
  return operation;
}
