import { createHost } from "../../core/index.ts";
import type { Connection } from "./connection.ts";

/** A host in this process: no door, no filled pool, and of the instances just what the flow needs. */
export async function connectLocal(profile: string, flow: string | undefined): Promise<Connection> {
  const host = await createHost({ profile, only: flow });
  return {
    remote: false,
    open: async (options) => host.runs.open(options),
    [Symbol.asyncDispose]: () => host.close(),
  };
}
