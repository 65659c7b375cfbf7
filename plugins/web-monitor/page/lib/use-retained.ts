import { useEffect, useState } from "react";
import type { FeedEvent } from "../../../../core/client/index.ts";
import { client } from "./hub.ts";
import { useStore } from "./store.ts";

const types = ["plugin-metric", "sandbox-status", "connection-status"];

/** The newest of each metric, sandbox and connection, by what it is of. */
export function useRetained(): ReadonlyMap<string, FeedEvent> {
  const connected = useStore(client);
  const [values, setValues] = useState<ReadonlyMap<string, FeedEvent>>(new Map());
  useEffect(() => {
    setValues(new Map());
    const subscription = connected?.watch({ filter: { types }, pulse: true }).subscribe({
      next: ({ entries, pulse, restarted }) => {
        const fresh = [...(pulse?.retained ?? []), ...entries.map(({ event }) => event)] as unknown as FeedEvent[];
        if (fresh.length === 0 && !restarted) return;
        setValues((before) => {
          const next = new Map(restarted ? [] : before);
          for (const event of fresh) keep(next, event);
          return next;
        });
      },
      error: () => undefined,
    });
    return () => subscription?.unsubscribe();
  }, [connected]);
  return values;
}

function keep(values: Map<string, FeedEvent>, event: FeedEvent): void {
  if (event.type === "plugin-metric") values.set(`${event.source} ${event.data.name}`, event);
  else if (event.type === "sandbox-status") values.set(`${event.source} ${event.data.container}`, event);
  else if (event.type === "connection-status") {
    const key = `${event.source} ${event.data.connection}`;
    if (event.data.status === "closed") values.delete(key);
    else values.set(key, event);
  }
}
