import type { Condition, Followed } from "./soak-host.ts";

/** What the soak has seen, from outside and by every follower. */
export interface Evidence {
  /** The run of each program, in order. */
  readonly runs: readonly string[];
  readonly followed: readonly Followed[];
  /** Numbers of programs that sandboxes began, in that order. */
  readonly executed: readonly number[];
  /** The host that had each run last, by what lists tell. */
  readonly hosts: ReadonlyMap<string, string>;
  /** What each host that lives told of itself. */
  readonly conditions: ReadonlyMap<string, Condition>;
  /** The host whose own link was cut, and for how many milliseconds. */
  readonly cut?: { readonly host: string; readonly length: number };
  /** The host that was killed, and when. */
  readonly dead: string;
  readonly died: number;
}

/** Milliseconds from the death of a host within which its runs are said to be lost. */
const promised = 10_000;
/** Half of `silence`: a host that was cut off or held for no longer loses nothing. Whatever happens to servers is no excuse. */
const borne = 3_500;

export interface Verdict {
  readonly faults: readonly string[];
  readonly ok: number;
  readonly lost: number;
  /** Those of them that the dead host had. */
  readonly ofDead: number;
  readonly events: number;
  /** Runs that were executed, and events that one follower saw, more than once. */
  readonly twice: { readonly executed: number; readonly seen: number };
  /** Milliseconds from the death to the last `lost` of the dead host's runs that some follower saw. */
  readonly lostAfter: number;
}

/** Every run ended once and was executed once at most, and every follower saw the same. */
export function judge(evidence: Evidence): Verdict {
  const { runs, followed, executed, hosts, dead, died } = evidence;
  const faults = followed.flatMap(({ run, faults: seen }) => seen.map((fault) => `run ${run}: ${fault}`));
  const times = Map.groupBy(executed, (number) => number);
  const byRun = Map.groupBy(followed, ({ run }) => run);
  let [ok, lost, ofDead, events, lostAfter] = [0, 0, 0, 0, 0];
  const twice = { executed: 0, seen: 0 };
  for (const { hashes } of followed) twice.seen += hashes.length - new Set(hashes).size;
  for (const [number, run] of runs.entries()) {
    const seen = byRun.get(run) ?? [];
    const whole = seen.find(({ after }) => after === 0);
    if (whole === undefined) {
      faults.push(`run ${run}: nobody followed it from its start`);
      continue;
    }
    events += whole.hashes.length;
    for (const each of seen) {
      const { after, hashes, status } = each;
      // Whoever begins after the end sees nothing.
      const end = after < whole.hashes.length ? whole.status : "";
      const same = hashes.join() === whole.hashes.slice(after).join() && status === end;
      if (!same) faults.push(`run ${run}: one saw ${told(whole)}, and another ${told(each)}`);
    }
    const executions = times.get(number)?.length ?? 0;
    if (executions > 1) {
      twice.executed += 1;
      faults.push(`run ${run}: executed ${executions} times`);
    }
    if (whole.status === "ok") {
      ok += 1;
      if (executions !== 1) faults.push(`run ${run}: ok, and executed ${executions} times`);
    } else if (whole.status === "lost") {
      lost += 1;
      const host = hosts.get(run) ?? "";
      if (host !== dead && !wasAway(evidence, host)) faults.push(`run ${run}: lost, and host ${host} was well`);
      if (host !== dead) continue;
      ofDead += 1;
      const live = seen.filter(({ late }) => !late);
      const took = Math.max(...live.map(({ ended }) => ended || Number.NEGATIVE_INFINITY)) - died;
      lostAfter = Math.max(lostAfter, took);
      if (took > promised) faults.push(`run ${run}: said to be lost ${took} ms after the death of its host`);
    } else faults.push(`run ${run}: ended as "${whole.status}"`);
  }
  return { faults, ok, lost, ofDead, events, lostAfter, twice };
}

/** The host could be heard by nobody for so long that nothing is promised for its runs. */
function wasAway({ cut, conditions }: Evidence, host: string): boolean {
  return (cut?.host === host && cut.length > borne) || (conditions.get(host)?.held ?? 0) > borne;
}

function told({ at, after, late, hashes, status }: Followed): string {
  return `${hashes.join(" ")} (${status}) after ${after} at ${at}${late ? ", late" : ""}`;
}
