import { useEffect, useState } from "react";
import { client } from "../lib/hub.ts";
import { useStore } from "../lib/store.ts";

/** What a run waits for, since when, and until when where its time is bounded. */
export interface Waiting {
  readonly what: string;
  readonly since: string;
  readonly until?: string;
}

/** Runs that wait for a person. */
export function useWaiting(): ReadonlyMap<string, Waiting> {
  const connected = useStore(client);
  const [runs, setRuns] = useState<ReadonlyMap<string, Waiting>>(new Map());
  useEffect(() => {
    const types = ["approval-request", "approval-response", "input-request", "input-response", "run-end"];
    const subscription = connected?.watch({ filter: { types }, history: 200 }).subscribe({
      next: ({ entries }) => {
        if (entries.length === 0) return;
        setRuns((before) => {
          const waiting = new Map(before);
          for (const { event } of entries) {
            const run = String(event["run"]);
            const { message, prompt, until } = (event["data"] ?? {}) as {
              readonly message?: string;
              readonly prompt?: string;
              readonly until?: string;
            };
            if (String(event["type"]).endsWith("-request")) {
              const limit = until === undefined ? {} : { until };
              waiting.set(run, { what: message ?? prompt ?? "", since: String(event["time"]), ...limit });
            } else waiting.delete(run);
          }
          return waiting;
        });
      },
      error: () => undefined,
    });
    return () => subscription?.unsubscribe();
  }, [connected]);
  return runs;
}
