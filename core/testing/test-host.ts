import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost } from "../host/create-host.ts";
import type { Host } from "../host/host.ts";
import type { CreateHostOptions } from "../host/host-options.ts";

/** A host of its own for one test: its state, data and cache are in a temporary folder that goes with it. */
export interface TestHost extends AsyncDisposable {
  readonly host: Host;
  readonly home: string;
}

/** Starts a host that sees nothing of the user's files and environment but `PATH` and what `options.env` adds. */
export async function startTestHost(options: CreateHostOptions): Promise<TestHost> {
  const home = mkdtempSync(join(tmpdir(), "sluice-test-"));
  const remove = () => rmSync(home, { recursive: true, force: true });
  try {
    const host = await createHost({ ...options, env: { SLUICE_HOME: home, ...options.env } });
    return {
      host,
      home,
      async [Symbol.asyncDispose]() {
        await host.close({ drain: 0 });
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
