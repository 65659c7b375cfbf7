import type { PlannedBudgets } from "../../../core/config/plan.ts";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { FlowNode } from "../../../core/contract/flow.ts";
import type { Model } from "../../../core/contract/model.ts";
import type { OpenOptions, RunHandle } from "../../../core/contract/run.ts";
import type { Sandbox } from "../../../core/contract/sandbox.ts";
import type { Stage } from "../../../core/contract/stage.ts";
import { Journals } from "../../../core/journal/journal.ts";
import { systemClock } from "../../../core/kit/timing/system-clock.ts";
import { RunRegistry } from "../../../core/run/run-registry.ts";
import { defaultSessionLimits, SessionRegistry } from "../../../core/run/sessions.ts";

export interface Parts {
  readonly models?: Record<string, Model>;
  readonly sandboxes?: Record<string, Sandbox>;
  readonly stages?: Record<string, Stage>;
}

/** Runs flows over given instances, without a profile or a host. */
export function flowsOver(
  parts: Parts,
  flows: Record<string, FlowNode>,
  budgets: PlannedBudgets = {},
  now: () => number = Date.now,
) {
  const lookup = <T>(from: Record<string, T> | undefined, id: string): T => {
    const found = from?.[id];
    if (found === undefined) throw new Error(`no instance ${id} in this test`);
    return found;
  };
  const instances = {
    model: (id: string) => lookup(parts.models, id),
    sandbox: (id: string) => lookup(parts.sandboxes, id),
    stage: (id: string) => lookup(parts.stages, id),
  };
  const journals = new Journals({ clock: systemClock });
  const sessions = new SessionRegistry(instances.sandbox, systemClock, defaultSessionLimits);
  const runs = new RunRegistry({ flows, instances, sessions, journals, store: () => undefined, now, budgets });
  return { runs, sessions, journals, collect: (options: OpenOptions) => collect(runs.open(options)) };
}

export async function collect(run: RunHandle): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events()) events.push(event);
  return events;
}

/** Event types in order, for a look at the grammar; neighbours of one type once. */
export function grammar(events: readonly RunEvent[]): string[] {
  return events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
}

export function endOf(events: readonly RunEvent[]) {
  const end = events.at(-1);
  if (end?.type !== "run-end") throw new Error(`the run ends with ${end?.type}`);
  return end.data;
}

export const model = (id: string, absent = false): FlowNode => ({ kind: "instance", id, instance: "model", absent });
export const sandbox = (id: string): FlowNode => ({ kind: "instance", id, instance: "sandbox", absent: false });
export const stage = (id: string): FlowNode => ({ kind: "instance", id, instance: "stage", absent: false });
export const pipeOf = (...steps: FlowNode[]): FlowNode => ({ kind: "pipe", steps });
