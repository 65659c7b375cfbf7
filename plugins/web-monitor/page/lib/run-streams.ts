import { defer, type Observable, ReplaySubject, retry, throwError, timer } from "rxjs";
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

/** Events kept for readers that come later. */
const mostKept = 20_000;

/** A stream may be read once: this one reads it to its end, and others read from it as often as they like. */
export function kept(stream: RunStream | Observable<RunEvent>): Observable<RunEvent> {
  const events$ = new ReplaySubject<RunEvent>(mostKept);
  stream.subscribe(events$);
  return events$;
}
