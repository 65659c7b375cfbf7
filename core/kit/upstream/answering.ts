import { Observable, type Subscriber } from "rxjs";
import { SluiceError } from "../../contract/errors.ts";
import type { ModelEvent } from "../../contract/model.ts";

/**
 * A model's answer from a function that says it piece by piece: called once for each subscription, completed or failed
 * by its promise. Its signal aborts when nobody reads any more, and when one of `signals` does.
 */
export function answering(
  id: string,
  signals: readonly AbortSignal[],
  answer: (subscriber: Subscriber<ModelEvent>, signal: AbortSignal) => Promise<void>,
): Observable<ModelEvent> {
  return new Observable((subscriber) => {
    const stop = new AbortController();
    let over = false;
    // An answer that is over has nothing to cancel. The stack of an error costs most at its end.
    const cancel = () => {
      if (!over) stop.abort(new SluiceError("SLUICE_RUN_CANCELLED", `${id}: the request was cancelled.`));
    };
    const end = () => {
      over = true;
      for (const each of signals) each.removeEventListener("abort", cancel);
    };
    if (signals.some(({ aborted }) => aborted)) cancel();
    for (const each of signals) each.addEventListener("abort", cancel, { once: true });
    answer(subscriber, stop.signal).then(
      () => {
        end();
        subscriber.complete();
      },
      (error: unknown) => {
        end();
        subscriber.error(error);
      },
    );
    return cancel;
  });
}
