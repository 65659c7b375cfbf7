import { useCallback, useEffect, useState } from "react";
import { type Refusal, refusalOf, request } from "./session.ts";

export interface Loaded<Result> {
  readonly value?: Result;
  readonly refusal?: Refusal;
  reload(): void;
}

/** Reads from the host now, and again every `every` milliseconds while the tab is looked at. */
export function useApi<Result>(path: string | undefined, every?: number): Loaded<Result> {
  const [state, setState] = useState<{ path?: string; value?: Result; refusal?: Refusal }>({});
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: turn asks for another reading
  useEffect(() => {
    if (path === undefined) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        const value = await request<Result>("GET", path);
        if (!over) setState({ path, value });
      } catch (error) {
        if (!over) setState((before) => ({ ...before, refusal: refusalOf(error) }));
      }
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
  const reload = useCallback(() => setTurn((value) => value + 1), []);
  const current = state.path === path ? state : { refusal: state.refusal };
  return { ...current, reload };
}
