import type { RunEvent } from "../../../../core/client/index.ts";
import { Transcript } from "../../../../core/kit/transcript/index.ts";

/** What a run waits for, since when, and until when where its time is bounded. */
export interface Waiting {
  readonly what: string;
  readonly since: string;
  readonly until?: string;
}

/** What asks, what answers, and what makes a question void. */
export const typesOfWaiting = [
  ...["approval-request", "approval-response", "input-request", "input-response"],
  ...["branch-end", "rewind", "run-end"],
];

/** Runs that wait for a person, judged by the reducer that the run's own page has. */
export class WaitingRuns {
  readonly #open = new Map<string, Transcript>();

  /** Takes the next events of the host. */
  take(events: readonly Readonly<Record<string, unknown>>[]): void {
    for (const event of events) {
      const run = event["run"];
      if (typeof run !== "string") continue;
      const isQuestion = event["type"] === "approval-request" || event["type"] === "input-request";
      const known = this.#open.get(run) ?? (isQuestion ? new Transcript() : undefined);
      known?.push(event as unknown as RunEvent);
      if (known?.waiting === undefined || event["type"] === "run-end") this.#open.delete(run);
      else this.#open.set(run, known);
    }
  }

  /** The newest question of each run. */
  get runs(): ReadonlyMap<string, Waiting> {
    const found = new Map<string, Waiting>();
    for (const [run, { waiting }] of this.#open) {
      if (waiting === undefined) continue;
      const { until } = waiting.data;
      const what = waiting.type === "approval-request" ? waiting.data.message : waiting.data.prompt;
      found.set(run, { what, since: waiting.time ?? "", ...(until === undefined ? {} : { until }) });
    }
    return found;
  }
}

/** The state that is shown: a run that runs and asks something waits. */
export function stateOf(status: string | undefined, isWaiting: boolean): string {
  return status === undefined || status === "running" ? (isWaiting ? "waiting" : "running") : status;
}
