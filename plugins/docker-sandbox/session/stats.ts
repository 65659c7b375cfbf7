import { concatMap, EMPTY, from, type Observable, of, pairwise, takeUntil, timer } from "rxjs";
import type { SandboxStats } from "../../../core/contract/index.ts";
import type { Channel } from "../container/channel.ts";
import { ToSandbox } from "../protocol/frames.ts";

const EVERY = 1_000;

interface Sample extends SandboxStats {
  readonly at: number;
}

/** About one sample a second while somebody is subscribed, read by the supervisor from the container's own cgroup. */
export function statsOf(channel: Channel): Observable<SandboxStats> {
  return timer(0, EVERY).pipe(
    takeUntil(from(channel.closed)),
    concatMap(() => from(channel.request(ToSandbox.stats, {}))),
    concatMap((reply) => {
      if (reply === undefined) return EMPTY;
      const { cpuMs: cpu = 0, memory = 0, pids = 0 } = reply;
      return of<Sample>({ at: performance.now(), cpu, memory, pids });
    }),
    pairwise(),
    concatMap(([before, after]) => {
      const cpu = Math.max(0, after.cpu - before.cpu) / Math.max(1, after.at - before.at);
      return of({ cpu, memory: after.memory, pids: after.pids });
    }),
  );
}
