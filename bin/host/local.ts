import { type CreateHostOptions, createHost, type Host, type RunEvent, SluiceError } from "../../core/index.ts";
import type { Connection } from "./connection.ts";

/** A host in this process, which opens no door and fills no pool. */
export async function connectLocal(options: CreateHostOptions): Promise<Connection> {
  const host = await createHost({ ...options, terminal: process.env["SLUICE_DEBUG"] !== undefined });
  return {
    remote: false,
    open: async (open) => host.runs.open(open),
    runs: (query) => host.runs.list(query),
    follow: (run, after) => follow(host, run, after),
    closeSession: (session) => host.sessions.close(session),
    settings: async (instance) => host.settings.get(instance),
    changeSettings: async (instance, values) => host.settings.set(instance, values, "command line"),
    [Symbol.asyncDispose]: () => host.close({ drain: 0 }),
  };
}

async function* follow(host: Host, run: string, after: number): AsyncIterable<RunEvent> {
  if (!(await host.journal.has(run))) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${run}`);
  for await (const page of host.journal.follow(run, after)) {
    if (page.kind === "events") for (const { event } of page.entries) yield event;
    else process.stderr.write(`[events ${page.from} to ${page.to} are missing: ${page.reason}]\n`);
  }
}
