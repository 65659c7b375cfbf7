import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { HostOwner, Logger } from "../../core/contract/index.ts";
import { systemClock } from "../../core/kit/timing/system-clock.ts";
import type { StoreNatsConfig } from "../../plugins/store-nats/config.generated.ts";
import { NatsStore } from "../../plugins/store-nats/nats-store.ts";

const silent: Logger = { level: "fatal", trace() {}, debug() {}, info() {}, warn() {}, error() {} };

function ownerOf(host: string = randomUUID()): HostOwner {
  return { host, pid: process.pid, started: "test" };
}

function natsConfig(url: string, config: Partial<StoreNatsConfig> = {}): StoreNatsConfig {
  const keep = { keepRuns: 0, keepFor: 0, keepSize: 0 };
  return { servers: [url], name: "sluice", replicas: 1, silence: 6_000, ...keep, ...config } as StoreNatsConfig;
}

/** A store at a server, as a host of its own. */
export async function openNatsStore(
  url: string,
  config: Partial<StoreNatsConfig> = {},
  owner = ownerOf(),
): Promise<NatsStore> {
  const store = new NatsStore({
    config: natsConfig(url, config),
    ...{ clock: systemClock, log: silent, owner, folder: "/" },
  });
  onTestFinished(() => store[Symbol.asyncDispose]());
  await store.start(new AbortController().signal);
  return store;
}
