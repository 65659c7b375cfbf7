import type { Finding, Store } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { connectUp } from "../host/connection.ts";
import { profileOf } from "../host/profile.ts";
import { localTime, timeZone } from "../output/style.ts";
import { called, fail, ok, warn } from "./finding.ts";

const inMemory = "Read the host's log; until then runs are in memory alone.";

/** How the store of the host that is up does: that host holds the file, and knows. */
export async function examineStoreOfHost(): Promise<Finding[]> {
  try {
    await using connection = await connectUp();
    const stores = (await connection.instances()).filter(({ kind }) => kind === "store");
    const findings = stores.map(({ id, status, reason, since }) =>
      status === "ok"
        ? ok(called("store", id), "the host writes to it")
        : fail(
            called("store", id),
            `${status} since ${localTime(since)} ${timeZone(new Date(since))}`,
            reason ?? inMemory,
          ),
    );
    return findings;
  } catch (error) {
    return [failure("store", error)];
  }
}

/** Whether runs could be kept now: the store is opened as for a run, and asked whether it could write. */
export async function examineStores(profile: string | undefined): Promise<Finding[]> {
  try {
    await using host = await createHost({
      ...{ profile: profileOf(profile), trust: "judge", tolerate: ["option", "key"] },
      ...{ instances: [], terminal: false },
    });
    const stores = host.plan.instances.filter(({ plugin, absent }) => plugin.manifest.kind === "store" && !absent);
    return await Promise.all(stores.map(({ id }) => examineStore(host, id)));
  } catch (error) {
    return [failure("store", error)];
  }
}

async function examineStore(host: Host, id: string): Promise<Finding> {
  const name = called("store", id);
  try {
    const store = host.instance(id) as Store;
    return ok(name, (await store.probe?.(AbortSignal.timeout(10_000))) ?? "it cannot be probed");
  } catch (error) {
    const finding = failure(name, error);
    return finding.detail.includes(" is failed") ? unwritten(name, id, finding.detail) : finding;
  }
}

function unwritten(name: string, id: string, detail: string): Finding {
  const cure = "Set SLUICE_HOME to a folder that you can write; until then runs are in memory alone.";
  return warn(name, detail.startsWith(`${id} is `) ? detail.slice(id.length + 4) : detail, cure);
}

function failure(name: string, error: unknown): Finding {
  const { message, cure } = error as Error & { cure?: string };
  return fail(name, message, cure ?? "Read the reason; without a store runs are in memory alone.");
}
