import type { Subscriber } from "rxjs";
import type { Emission, Usage } from "../contract/event.ts";
import type { RequestPermit } from "./step.ts";

/** Nothing was asked. */
const unused: Usage = { inputTokens: 0, outputTokens: 0 };

/** Other hosts are asked first. Whoever does not wait for it any more has used nothing. */
export function whenAdmitted(
  admission: Promise<RequestPermit>,
  begin: (permit: RequestPermit) => () => void,
  signal: AbortSignal,
  subscriber: Subscriber<Emission>,
): () => void {
  let stop: (() => void) | undefined;
  let over = false;
  const onCancel = () => subscriber.complete();
  signal.addEventListener("abort", onCancel, { once: true });
  if (signal.aborted) onCancel();
  const onPermit = (permit: RequestPermit) => {
    signal.removeEventListener("abort", onCancel);
    if (over) {
      permit.settle(unused);
      return;
    }
    stop = begin(permit);
    // It may have ended as soon as it was asked.
    if (over) stop();
  };
  admission.then(onPermit).catch((error: unknown) => subscriber.error(error));
  return () => {
    over = true;
    signal.removeEventListener("abort", onCancel);
    stop?.();
  };
}
