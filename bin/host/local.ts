import { type CreateHostOptions, createHost } from "../../core/index.ts";
import { runHost } from "../../core/kit/index.ts";
import type { Connection } from "./connection.ts";

/** A host in this process, which opens no transport and fills no pool. */
export async function connectLocal(options: CreateHostOptions): Promise<Connection> {
  const host = await createHost({ ...options, trust: "judge", terminal: process.env["SLUICE_DEBUG"] !== undefined });
  return {
    ...runHost(host),
    remote: false,
    closeSession: (session) => host.sessions.close(session),
    settings: async (instance) => host.settings.get(instance),
    changeSettings: async (instance, values) => host.settings.set(instance, values, "command line"),
    [Symbol.asyncDispose]: () => host.close({ drain: 0 }),
  };
}
