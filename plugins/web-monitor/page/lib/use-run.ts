import { useEffect, useRef, useState } from "react";
import type { Observable } from "rxjs";
import type { RunEvent } from "../../../../core/client/index.ts";
import { earlyModel } from "./early-end.ts";
import { t } from "./i18n.ts";
import { RunModel } from "./run-model.ts";
import { request } from "./session.ts";

/** Milliseconds after which a run is long enough to be opened at its end. */
const longReading = 250;

export interface RunView {
  readonly model: RunModel;
  readonly failure?: unknown;
  /** Changes whenever the model has. */
  readonly version: number;
}

/**
 * Folds a stream of events, and draws at most once a frame however many come. `ended` names a run whose end may be drawn
 * first: of a long one the rest follows.
 */
export function useRun(events$: Observable<RunEvent> | undefined, ended?: string): RunView {
  const [view, setView] = useState<RunView>(() => ({ model: new RunModel(), version: 0 }));
  const version = useRef(0);
  useEffect(() => {
    const model = new RunModel();
    let [frame, isEarly, isLeft] = [0, false, false];
    const draw = (failure?: unknown, shown = model) => {
      version.current += 1;
      setView({ model: shown, version: version.current, ...(failure === undefined ? {} : { failure }) });
    };
    draw();
    const later = () => {
      if (isEarly && model.end === undefined) return;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
    };
    let last: readonly RunEvent[] = [];
    const showEnd = () => {
      if (isEarly || isLeft || last.length === 0 || model.end !== undefined) return;
      const early = earlyModel(model.events, last, t("it is being read"));
      if (early === undefined) return;
      isEarly = true;
      cancelAnimationFrame(frame);
      frame = 0;
      draw(undefined, early);
    };
    const subscription = events$?.subscribe({
      next: (event) => {
        model.push(event);
        // Its beginning may come after its end.
        showEnd();
        later();
      },
      error: (error) => {
        cancelAnimationFrame(frame);
        draw(error);
      },
    });
    const readEnd = async (run: string) => {
      if (model.end !== undefined) return;
      last = await lastOf(run);
      showEnd();
    };
    const timer =
      ended === undefined ? undefined : setTimeout(() => readEnd(ended).catch(() => undefined), longReading);
    return () => {
      isLeft = true;
      clearTimeout(timer);
      subscription?.unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [events$, ended]);
  return view;
}

/** The last events of a run that has ended; none of one that is short, or under way. */
async function lastOf(run: string): Promise<readonly RunEvent[]> {
  return (await request<{ events: RunEvent[] }>("GET", `runs/${encodeURIComponent(run)}/tail`)).events;
}
