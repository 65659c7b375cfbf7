import type { PlannedInstance } from "../../config/plan.ts";
import type { RunQueue } from "../../contract/queue.ts";
import { RunQueueToken } from "../../contract/tokens.ts";
import type { InstanceSet } from "../../instances/instance-set.ts";

/** Whether an instance is the queue that runs of a cluster go through. */
export function providesQueue({ plugin }: Pick<PlannedInstance, "plugin">): boolean {
  return plugin.manifest.provides?.includes(RunQueueToken.id) === true;
}

/** The queue that runs now. */
export function queueOf(instances: InstanceSet): RunQueue | undefined {
  const queue = instances.ofKind("service").find(({ plan }) => providesQueue(plan));
  return queue?.status === "ok" || queue?.status === "degraded" ? (queue.get() as unknown as RunQueue) : undefined;
}
