import { useEffect, useMemo, useState } from "react";
import { eventsOf, type Seed, seedOf } from "../lib/asked.ts";
import { client } from "../lib/hub.ts";
import { type Refusal, refusalOf } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { type RunView, useRun } from "../lib/use-run.ts";

/** A run from its first event on, for as long as it is shown. */
export function useFollowed(run: string): RunView {
  const connected = useStore(client);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another connection it is read again
  const events$ = useMemo(() => eventsOf(run), [run, connected]);
  return useRun(events$);
}

/** The run that is to be asked again. */
export function useSeed(run: string | null): { readonly seed?: Seed; readonly failure?: Refusal } {
  const connected = useStore(client);
  const [state, setState] = useState<{ of?: string; seed?: Seed; failure?: Refusal }>({});
  useEffect(() => {
    if (run === null || connected === undefined) return;
    let over = false;
    seedOf(run).then(
      (seed) => !over && setState({ of: run, ...(seed === undefined ? {} : { seed }) }),
      (error: unknown) => !over && setState({ of: run, failure: refusalOf(error) }),
    );
    return () => {
      over = true;
    };
  }, [run, connected]);
  return run === state.of ? state : {};
}
