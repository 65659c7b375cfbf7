import { useMemo } from "react";
import { liveEventsOf } from "../lib/asked.ts";
import { client } from "../lib/hub.ts";
import { followRun } from "../lib/run-streams.ts";
import { useStore } from "../lib/store.ts";
import { RunReader } from "../parts/run-reader.tsx";

export function RunScreen({ run }: { readonly run: string }) {
  const connected = useStore(client);
  const events$ = useMemo(
    () => (connected === undefined ? undefined : followRun(() => liveEventsOf(run) ?? connected.follow(run))),
    [connected, run],
  );
  return (
    <div className="screen">
      <RunReader run={run} events$={events$} live />
    </div>
  );
}
