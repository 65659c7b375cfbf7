import { useCallback, useEffect, useRef, useState } from "react";
import { type Refusal, refusalOf, request } from "./session.ts";

export interface Loaded<Result> {
  readonly value?: Result;
  readonly refusal?: Refusal;
  /** Resolves when what was read is drawn: whoever waits for it offers nothing that it takes away. */
  reload(): Promise<void>;
}

/** Reads from the host now, and again every `every` milliseconds while the tab is looked at. */
export function useApi<Result>(path: string | undefined, every?: number): Loaded<Result> {
  const [state, setState] = useState<{ path?: string; value?: Result; refusal?: Refusal; refused?: string }>({});
  const [turn, setTurn] = useState(0);
  const waiting = useRef<(() => void)[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: turn asks for another reading
  useEffect(() => {
    if (path === undefined) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      const asked = waiting.current.splice(0);
      try {
        const value = await request<Result>("GET", path);
        if (!over) setState({ path, value });
      } catch (error) {
        if (!over) setState((before) => ({ ...before, refusal: refusalOf(error), refused: path }));
      }
      for (const done of asked) done();
      if (!over && every !== undefined) timer = setTimeout(visit, every);
    };
    const visit = () => {
      if (document.hidden) timer = setTimeout(visit, every ?? 1000);
      else void read();
    };
    void read();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path, every, turn]);
  const reload = useCallback(
    () =>
      new Promise<void>((resolve) => {
        waiting.current.push(resolve);
        setTurn((value) => value + 1);
      }),
    [],
  );
  // What was said of another path is said of this one by nobody.
  const value = state.path === path ? state.value : undefined;
  const refusal = state.refused === path ? state.refusal : undefined;
  return { ...(value === undefined ? {} : { value }), ...(refusal === undefined ? {} : { refusal }), reload };
}
