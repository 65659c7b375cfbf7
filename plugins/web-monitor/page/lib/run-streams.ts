import { defer, Observable, retry, Subject, throwError, timer } from "rxjs";
import type { RunEvent, RunStream } from "../../../../core/client/index.ts";

/**
 * A run from its first event on, as `read` gives it. A screen that has just been left may still hold the run, which one
 * reader at a time may have: then it is asked for again shortly after.
 */
export function followRun(read: () => Observable<RunEvent>): Observable<RunEvent> {
  return defer(read).pipe(
    retry({
      count: 40,
      delay: (error: { code?: string }) => (error.code === "SLUICE_USAGE" ? timer(50) : throwError(() => error)),
    }),
  );
}

/** Events kept for readers that come later: the first and the newest. */
const mostKept = { first: 10_000, newest: 20_000 };

/**
 * A stream may be read once: this one reads it to its end, and others read from it as often as they like. Whoever comes
 * late to a long run reads its beginning and its end. Between them a `gap` says how much is no longer kept.
 */
export function kept(stream: RunStream | Observable<RunEvent>, most = mostKept): Observable<RunEvent> {
  const first: RunEvent[] = [];
  let newest: RunEvent[] = [];
  let left: { from: number; to: number } | undefined;
  const live = new Subject<RunEvent>();
  (stream as Observable<RunEvent>).subscribe({
    next: (event) => {
      if (first.length < most.first) first.push(event);
      else newest.push(event);
      if (newest.length >= most.newest * 1.25) {
        const gone = newest.slice(0, newest.length - most.newest);
        newest = newest.slice(gone.length);
        left = { from: left?.from ?? gone[0]?.seq ?? 0, to: gone.at(-1)?.seq ?? 0 };
      }
      live.next(event);
    },
    error: (error: unknown) => live.error(error),
    complete: () => live.complete(),
  });
  return new Observable((reader) => {
    for (const event of first) reader.next(event);
    const before = first.at(-1);
    if (left !== undefined && before !== undefined) {
      const data = { ...left, reason: "this page keeps no more of a run that is under way" };
      reader.next({ run: before.run, seq: left.to, time: before.time, source: "core", type: "gap", data });
    }
    for (const event of newest) reader.next(event);
    return live.subscribe(reader);
  });
}
