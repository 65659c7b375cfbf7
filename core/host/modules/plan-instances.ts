import type { Plan } from "../../config/plan.ts";
import { SluiceError } from "../../contract/errors.ts";
import type { HostEvent, RunEvent } from "../../contract/event.ts";
import type { QueueHost } from "../../contract/queue.ts";
import { HostToken, LoggerToken, QueueHostToken, ReporterToken } from "../../contract/tokens.ts";
import { InstanceSet } from "../../instances/instance-set.ts";
import { StartTimes } from "../../instances/start-times.ts";
import { Journals } from "../../journal/journal.ts";
import { plainValue } from "../../kit/text/plain-value.ts";
import type { Container } from "../../plugin/container.ts";
import { OpenSandboxes } from "../../run/open-sandboxes.ts";
import type { RunRegistry } from "../../run/run-registry.ts";
import { ownerOfEvent } from "../authority/host-view.ts";
import { FeedRing } from "../feed.ts";
import type { Host } from "../host.ts";
import type { CoreServices } from "./core-services.ts";
import { providesQueue, queueOf } from "./run-queue.ts";

export function journalsOf(core: CoreServices, instances: () => InstanceSet, runs: () => RunRegistry): Journals {
  const { clock, secrets, log, bus } = core;
  return new Journals({
    clock,
    mask: (value) => plainValue(value, (text) => secrets.text(text)),
    onStore: (error) => {
      if (error) log.error(error.message, { code: error.code, cure: error.cure });
      else log.warn("the store works again, and has what memory still had", { code: "SLUICE_STORE_FAILED" });
      const reason = error && `${error.message}. ${error.cure}`;
      for (const { id, status } of instances().ofKind("store")) {
        // One that has failed altogether says so itself.
        if (status === "ok" || status === "degraded") bus.setStatus(id, error ? "degraded" : "ok", reason);
      }
    },
    onRefused: (message, run) => log.debug(message, { run }),
    repeats: async (run) => (await queueOf(instances())?.repeats(run)) ?? false,
    onTaken: (run, error) => {
      log.warn(error.message, { code: error.code, run });
      runs().fence(run, error);
    },
  });
}

/** Instances that are absent say so before there are runs and sessions, which the host has. */
export function feedOf({ bus }: CoreServices, journals: Journals, host: () => Host | undefined): FeedRing {
  const feed = new FeedRing();
  const tell = (event: HostEvent | RunEvent) => {
    const present = host();
    feed.push(event, present === undefined ? undefined : ownerOfEvent(present, event));
  };
  bus.listen(tell);
  journals.onAccepted((entries) => {
    for (const { event } of entries) tell(event);
  });
  return feed;
}

export interface InstanceParts {
  readonly core: CoreServices;
  readonly plan: Plan;
  /** Ids that take part. */
  readonly wanted: ReadonlySet<string>;
  readonly container: Container;
  readonly journals: Journals;
  /** What transports are given: it is made of the instances, transports among them. */
  readonly host: () => Host | undefined;
  /** What a queue is given. */
  readonly queueHost: () => QueueHost | undefined;
}

export function instancesOfPlan({ core, plan, wanted, container, journals, host, queueHost }: InstanceParts) {
  const { bus, loggers, log, serving } = core;
  const now = () => core.clock.now();
  const open = new OpenSandboxes();
  const startTimes = new StartTimes(now);
  const hostOf = (transport: string) => {
    const present = host();
    if (present) return present.forTransport(transport);
    throw new SluiceError("SLUICE_INTERNAL", "a transport was created before there was a host");
  };
  const instances: InstanceSet = new InstanceSet({
    ...{ plan, wanted, container, serving, now },
    provideOwn: (planned, own) => {
      own.provide(LoggerToken, loggers.of(planned.id));
      own.provide(ReporterToken, bus.reporter(planned.id));
      if (planned.plugin.manifest.kind === "transport") own.provide(HostToken, hostOf(planned.id));
      const cluster = providesQueue(planned) ? queueHost() : undefined;
      if (cluster !== undefined) own.provide(QueueHostToken, cluster);
    },
    forget: (id) => bus.unregister(id),
    track: (id, sandbox) => open.track(id, sandbox),
    onFault: (id, error) => log.warn(error.message, { code: error.code, instance: id }),
    report: ({ id, plugin }, status, reason, restarts, told = false) => {
      startTimes.report(id, status);
      const known = bus.statuses.some((each) => each.id === id);
      if (known) bus.setStatus(id, status, reason, { restarted: status === "starting" && restarts > 0, told });
      else bus.register({ id, plugin: plugin.manifest.name, kind: plugin.manifest.kind }, status, reason, { told });
      // One that comes late or comes again is used from then on.
      if (plugin.manifest.kind === "store" && status === "ok") journals.attach(instances.store());
    },
  });
  return { instances, open, startTimes };
}
