import { firstValueFrom } from "rxjs";
import { SluiceError } from "../../core/contract/index.ts";
import { type CreateHostOptions, createHost } from "../../core/index.ts";
import { runHost } from "../../core/kit/index.ts";
import type { HostConnection } from "./connection.ts";
import { tellOfStore } from "./store-faults.ts";

/** A host in this process, which opens no transport and fills no pool. */
export async function connectLocal(options: CreateHostOptions): Promise<HostConnection> {
  const debug = process.env["SLUICE_DEBUG"] !== undefined;
  const host = await createHost({ ...options, trust: "judge", terminal: debug, onEvent: tellOfStore });
  const { open, ...others } = runHost(host);
  const opened: string[] = [];
  return {
    ...others,
    remote: false,
    open: async (wanted) => {
      const handle = await open(wanted);
      opened.push(handle.run);
      return handle;
    },
    unstored: async () => {
      for (const run of opened) {
        const fault = await host.journal.unstored(run);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
    instances: () => firstValueFrom(host.status$),
    closeSession: (session) => host.sessions.close(session),
    settings: async (instance) => host.settings.get(instance),
    changeSettings: async (instance, values) => host.settings.set(instance, values, "command line"),
    hosts: () => host.operation.hosts(),
    changeSettingsAt: (where, instance, values) => host.operation.setAt(where, instance, values, "command line"),
    flows: async () => host.flows,
    sessions: () => host.sessions.all(),
    cancel: async (run) => {
      const handle = await host.runs.find(run);
      if (handle === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `the run ${run} is not under way`);
      handle.cancel("run");
    },
    preview: () => host.operation.profile.preview(),
    reload: () => host.operation.profile.reload("command line"),
    restart: (instance) => host.operation.restart(instance, "command line"),
    [Symbol.asyncDispose]: () => host.close({ drain: 0 }),
  };
}
