import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";
import type { HostApi } from "../contract/host.ts";
import type { RunHost } from "../contract/run.ts";
import { eventsOf } from "./events/events-of.ts";
import { cutText } from "./text/cut-text.ts";

/** A host of this process as those see it who open runs and move files. */
export function runHost(host: HostApi): RunHost {
  return {
    version: host.info.version,
    flows: host.flows,
    open: async (options) => host.runs.open(options),
    runs: (query) => host.runs.list(query),
    follow: (run, after) => follow(host, run, after),
    putFiles: (session, files) => host.sessions.put(session, files),
    file: (session, path) => host.sessions.get(session, path),
    files: (session) => host.sessions.files(session),
  };
}

async function* follow(host: HostApi, run: string, after: number): AsyncIterable<RunEvent> {
  if (!(await host.journal.has(run)))
    throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${cutText(run, 60)}`);
  yield* eventsOf(run, host.journal.follow(run, after));
}
