import type { QueueHost } from "../../contract/queue.ts";
import type { InstanceSet } from "../../instances/instance-set.ts";
import { demandQuestion } from "../../run/host-questions.ts";
import { ClusterOperation } from "../cluster-operation.ts";
import type { Host } from "../host.ts";
import { roomOf } from "../room.ts";
import type { LiveSettings } from "../settings.ts";
import type { CoreServices } from "./core-services.ts";
import { queueOf } from "./run-queue.ts";

/** The host as its queue sees it: its runs and sessions, and what is asked of the host itself. */
export function queueHostOf(runs: Omit<QueueHost, "about" | "room">, operation: ClusterOperation): QueueHost {
  return {
    execute: (item, left) => runs.execute(item, left),
    sessionTaken: (session, holder) => runs.sessionTaken(session, holder),
    room: () => operation.room(),
    about: () => operation.about(),
    answer: async (question) => {
      const asked = demandQuestion(question);
      return operation.answer(asked) ?? runs.answer(asked);
    },
  };
}

/** What concerns all hosts, as this one knows it. */
export function clusterOf(
  core: CoreServices,
  host: () => Host,
  parts: { readonly instances: InstanceSet; readonly settings: LiveSettings },
): ClusterOperation {
  const { version } = host().info;
  return new ClusterOperation({
    ...{ host: core.owner.host, version, settings: parts.settings },
    addresses: () => host().addresses,
    statuses: () => core.bus.statuses,
    draining: () => host().stopping,
    runs: () => host().runs.cluster.here,
    load: () => host().operation.load(),
    queue: () => queueOf(parts.instances),
    room: () =>
      roomOf(host().operation.flows, (id) => {
        const instance = parts.instances.find(id);
        return instance && { config: instance.config, schema: instance.plan.plugin.manifest.config };
      }),
  });
}
