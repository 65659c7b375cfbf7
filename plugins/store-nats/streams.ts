import {
  DiscardPolicy,
  type JetStreamManager,
  type MsgRequest,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { type ObjectStore, Objm } from "@nats-io/obj";
import type { Logger } from "../../core/contract/index.ts";
import type { StoreNatsConfig } from "./config.generated.ts";
import { isNoStream } from "./failure.ts";
import type { NatsLink } from "./link.ts";

/** Names of what a cluster keeps at the servers. */
export function namesOf(name: string) {
  return {
    journal: `${name}-journal`,
    records: `${name}-runs`,
    objects: `${name}-large`,
    hosts: `${name}-hosts`,
    /** The subject of a run. */
    subject: (run: string) => `${name}.j.${tokenOf(run)}`,
    /** Where the servers tell that a run has more. */
    live: (run: string) => `${name}.live.${tokenOf(run)}`,
    queue: `${name}-queue`,
    /** The subject of a run that waits. */
    work: (priority: string, client: string, run: string) => `${name}.q.${priority}.${client}.${run}`,
    /** Where it is told that something was given to the queue. */
    pushed: `${name}.pushed`,
    /** Where a host, or the one that has a run or a session, is asked. */
    call: (address: string) => `${name}.call.${address}`,
    /** Where hosts say that they live. */
    beat: (host: string) => `${name}.beat.${host}`,
  };
}

export type ClusterNames = ReturnType<typeof namesOf>;

/** A run's id as a token of a subject and a key: what may not stand there is written by its code. */
export function tokenOf(run: string): string {
  return run.replace(/[^A-Za-z0-9_-]/gu, (character) => `=${character.codePointAt(0)?.toString(16)}=`);
}

const nanoseconds = 1_000_000;

/** What the store reads and writes at the servers. */
export interface Streams {
  readonly manager: JetStreamManager;
  readonly records: KV;
  readonly objects: ObjectStore;
}

/** Makes what is not there yet, and opens the rest. */
export async function openStreams(link: NatsLink, config: StoreNatsConfig, log: Logger): Promise<Streams> {
  const manager = await link.manager();
  const names = namesOf(config.name);
  const { replicas, keepFor } = config;
  await ensure(manager, journalConfig(config), log);
  await ensure(manager, hostsConfig(config), log);
  const records = await new Kvm(link.stream).create(names.records, { history: 1, replicas, ttl: keepFor });
  const objects = await new Objm(link.stream).create(names.objects, { replicas, ttl: keepFor * nanoseconds });
  return { manager, records, objects };
}

function journalConfig({
  name,
  replicas,
  keepFor,
  keepSize,
}: StoreNatsConfig): Partial<StreamConfig> & { name: string } {
  const names = namesOf(name);
  return {
    name: names.journal,
    description: "Journals of Sluicebox: a subject for each run",
    subjects: [`${name}.j.*`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    max_age: keepFor * nanoseconds,
    max_bytes: keepSize > 0 ? keepSize : -1,
    allow_direct: true,
    // A word to whoever follows, after the message was kept.
    republish: { src: `${name}.j.*`, dest: `${name}.live.{{wildcard(1)}}`, headers_only: true },
  };
}

/** The last word of each host, in the servers' memory. */
function hostsConfig({ name, replicas, silence }: StoreNatsConfig): Partial<StreamConfig> & { name: string } {
  return {
    name: namesOf(name).hosts,
    description: "The last word of each host of Sluicebox",
    subjects: [`${name}.beat.*`],
    storage: StorageType.Memory,
    max_msgs_per_subject: 1,
    max_age: 10 * silence * nanoseconds,
    max_bytes: 16 * 2 ** 20,
    num_replicas: replicas,
  };
}

/** One message of a stream, as its leader has it; a copy may be behind. */
export async function messageOf(
  manager: JetStreamManager,
  stream: string,
  query: MsgRequest,
): Promise<StoredMsg | undefined> {
  return (await manager.streams.getMessage(stream, query)) ?? undefined;
}

export async function ensure(
  manager: JetStreamManager,
  wanted: Partial<StreamConfig> & { name: string },
  log?: Logger,
): Promise<void> {
  try {
    const { config } = await manager.streams.info(wanted.name);
    const { max_age, max_bytes, num_replicas } = wanted as StreamConfig;
    if (log === undefined) return;
    const differs =
      config.max_age !== max_age || config.max_bytes !== max_bytes || config.num_replicas !== num_replicas;
    if (!differs) return;
    await manager.streams.update(wanted.name, { max_age, max_bytes, num_replicas }).catch((error: unknown) => {
      log.warn(`the limits of ${wanted.name} stay as they are`, { error });
    });
  } catch (error) {
    if (!isNoStream(error)) throw error;
    await manager.streams.add(wanted);
  }
}
