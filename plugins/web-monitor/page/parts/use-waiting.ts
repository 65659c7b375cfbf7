import { useEffect, useState } from "react";
import { client } from "../lib/hub.ts";
import { useStore } from "../lib/store.ts";
import { typesOfWaiting, type Waiting, WaitingRuns } from "../lib/waiting-runs.ts";

/** Runs that wait for a person. */
export function useWaiting(): ReadonlyMap<string, Waiting> {
  const connected = useStore(client);
  const [runs, setRuns] = useState<ReadonlyMap<string, Waiting>>(new Map());
  useEffect(() => {
    let waiting = new WaitingRuns();
    const subscription = connected?.watch({ filter: { types: typesOfWaiting }, history: 1_000 }).subscribe({
      next: ({ entries, restarted }) => {
        if (restarted) waiting = new WaitingRuns();
        else if (entries.length === 0) return;
        waiting.take(entries.map(({ event }) => event));
        setRuns(waiting.runs);
      },
      error: () => undefined,
    });
    return () => subscription?.unsubscribe();
  }, [connected]);
  return runs;
}
