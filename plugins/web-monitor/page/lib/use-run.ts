import { useEffect, useRef, useState } from "react";
import type { Observable } from "rxjs";
import type { RunEvent } from "../../../../core/client/index.ts";
import { RunModel } from "./run-model.ts";

export interface RunView {
  readonly model: RunModel;
  readonly failure?: unknown;
  /** Changes whenever the model has. */
  readonly version: number;
}

/** Folds a stream of events, and draws at most once a frame however many come. */
export function useRun(events$: Observable<RunEvent> | undefined): RunView {
  const [view, setView] = useState<RunView>(() => ({ model: new RunModel(), version: 0 }));
  const version = useRef(0);
  useEffect(() => {
    const model = new RunModel();
    let frame = 0;
    const draw = (failure?: unknown) => {
      version.current += 1;
      setView({ model, version: version.current, ...(failure === undefined ? {} : { failure }) });
    };
    draw();
    const later = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
    };
    const subscription = events$?.subscribe({
      next: (event) => {
        model.push(event);
        later();
      },
      error: (error) => {
        cancelAnimationFrame(frame);
        draw(error);
      },
    });
    return () => {
      subscription?.unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [events$]);
  return view;
}
