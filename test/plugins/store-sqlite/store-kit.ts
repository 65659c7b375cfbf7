import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Emission, HostOwner, Logger, RunEvent } from "../../../core/contract/index.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { SqliteStore, type SqliteStoreOptions } from "../../../plugins/store-sqlite/sqlite-store.ts";

export const owner: HostOwner = { host: "host-1", pid: 4711, started: "boot/1" };

export const silent: Logger = { level: "fatal", trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openStore(options: Partial<SqliteStoreOptions> = {}): SqliteStore {
  const store = new SqliteStore({
    path: options.path ?? join(temporaryFolder(), "data", "journal.db"),
    keep: { runs: 0, age: 0, size: 0 },
    owner,
    clock: new FakeClock(),
    log: silent,
    ...options,
  });
  onTestFinished(() => store[Symbol.asyncDispose]());
  store.start();
  return store;
}

/** The events of a run with so many deltas; `ended` adds its end. */
export function runOf(run: string, deltas: number, ended = true, time = "2026-01-01T00:00:00.000Z"): RunEvent[] {
  const emissions: Emission[] = [
    { source: "core", type: "run-start", data: { flow: "chat", session: `s-${run}`, input: { text: `ask ${run}` } } },
  ];
  for (let index = 0; index < deltas; index++)
    emissions.push({ source: "gpt", type: "text-delta", data: { text: `${index} ` } });
  if (ended)
    emissions.push({
      source: "core",
      type: "run-end",
      data: {
        status: "ok",
        exitCode: 0,
        usage: { inputTokens: 1, outputTokens: 2 },
        cost: { amount: null, currency: "USD" },
      },
    });
  return emissions.map((emission, index) => ({ run, seq: index + 1, time, ...emission }) as RunEvent);
}
