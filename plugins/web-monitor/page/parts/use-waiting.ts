import { useEffect, useState } from "react";
import { client } from "../lib/hub.ts";
import { useStore } from "../lib/store.ts";

/** Runs that wait for a person. */
export function useWaiting(): readonly string[] {
  const connected = useStore(client);
  const [runs, setRuns] = useState<readonly string[]>([]);
  useEffect(() => {
    const types = ["approval-request", "approval-response", "input-request", "input-response", "run-end"];
    const subscription = connected?.watch({ filter: { types }, history: 200 }).subscribe({
      next: ({ entries }) => {
        if (entries.length === 0) return;
        setRuns((before) => {
          const waiting = new Set(before);
          for (const { event } of entries) {
            const run = String(event["run"]);
            if (String(event["type"]).endsWith("-request")) waiting.add(run);
            else waiting.delete(run);
          }
          return [...waiting];
        });
      },
      error: () => undefined,
    });
    return () => subscription?.unsubscribe();
  }, [connected]);
  return runs;
}
