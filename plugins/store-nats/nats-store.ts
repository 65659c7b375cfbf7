import { randomUUID } from "node:crypto";
import type { Observable } from "rxjs";
import type {
  Clock,
  Health,
  HostOwner,
  Logger,
  RunEvent,
  RunQuery,
  RunRecord,
  UnfinishedRun,
} from "../../core/contract/index.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { type ClusterLink, type LendingStore, plural, RunSummary } from "../../core/kit/index.ts";
import { Cluster } from "./cluster.ts";
import type { StoreNatsConfig } from "./config.generated.ts";
import { isNoStream, isUnready, natsFailure } from "./failure.ts";
import { LargeMessages } from "./large.ts";
import { NatsLink } from "./link.ts";
import { Presence } from "./presence.ts";
import { RunHeads } from "./run-heads.ts";
import { RunHolds } from "./run-holds.ts";
import { RunRecords } from "./run-records.ts";
import { RunWatches } from "./run-watches.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriters } from "./stream-writers.ts";
import { namesOf, openStreams, type Streams } from "./streams.ts";
import { ValueBucket } from "./value-bucket.ts";
import { WorkQueue } from "./work-queue.ts";

export interface NatsStoreOptions {
  readonly config: StoreNatsConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly owner: HostOwner;
  /** Where relative paths start. */
  readonly folder: string;
}

/** Milliseconds after the start, ended runs, and milliseconds after one was still read, after which old runs are looked for. */
const pruning = { afterStart: 5_000, everyRuns: 100, afterHeld: 60_000 };

/** Milliseconds between attempts to open the streams of servers that have no leader yet; pauses until it fails. */
const opening = { pause: 500, patience: 15_000 };

/** Journals in JetStream. Any host reads any run; each run has one writer. */
export class NatsStore implements LendingStore {
  readonly shared = true;
  readonly #options: NatsStoreOptions;
  readonly #stop = new AbortController();
  readonly #link: NatsLink;
  readonly #presence: Presence;
  readonly #writers: StreamWriters;
  readonly #reader: StreamReader;
  readonly #records: RunRecords;
  readonly #watches: RunWatches;
  readonly #holds: RunHolds;
  readonly clusterLink: ClusterLink;
  /** What a queue wants told of this host. */
  #about: () => Readonly<Record<string, unknown>> = () => ({});
  readonly #summaries = new Map<string, RunSummary>();
  #streams: Streams | undefined;
  #ended = 0;
  #pruning: Promise<void> | undefined;

  constructor(options: NatsStoreOptions) {
    this.#options = options;
    const { config, clock, log, owner, folder } = options;
    const names = namesOf(config.name);
    const streams = () => this.#open();
    this.#link = new NatsLink({ config, log, name: `sluicebox ${owner.host}`, folder });
    const link = this.#link;
    this.#presence = new Presence({ link, clock, owner, names, silence: config.silence, about: () => this.#about() });
    this.#writers = new StreamWriters({ link, names, owner, writer: randomUUID(), streams });
    this.#reader = new StreamReader({ names, streams, clock, toldOf: (run) => this.#watches.toldOf(run) });
    this.#records = new RunRecords({ names, streams, reader: this.#reader, owner, log });
    this.#watches = new RunWatches({ link, names, clock, log, heads: new RunHeads(names, streams) });
    const { silence, replicas } = config;
    const large = new LargeMessages(link, streams);
    const values = new ValueBucket({
      ...{ clock, host: owner.host, signal: this.#stop.signal, records: () => this.#open().records },
      now: () => this.#ask(() => this.#presence.serverTime(this.#open().manager)),
      isAlive: (host) => this.#presence.isAlive({ host }),
    });
    const cluster = new Cluster({
      ...{ host: owner.host, silence, link, names, streams, presence: this.#presence, large, values, log },
      work: new WorkQueue({ link, names, streams, replicas, silence, large }),
      tell: (about) => {
        this.#about = about;
      },
    });
    this.clusterLink = cluster;
    this.#holds = new RunHolds(cluster);
  }

  get outOfReach(): boolean {
    return this.#link.outOfReach;
  }

  get health$(): Observable<Health> {
    return this.#link.health$;
  }

  /** @throws SluiceError SLUICE_STORE_FAILED */
  async start(signal: AbortSignal): Promise<void> {
    await this.#link.open(signal);
    await this.#ask(() => this.#openStreams(signal));
    this.#presence.start();
    this.#holds.start();
    this.#pruneAfter(Math.max(pruning.afterStart, this.#options.config.silence + 500));
  }

  append(batch: readonly RunEvent[]): Promise<void> {
    return this.#ask(async () => {
      // A record comes before the journal: a run that nobody can list is a run that nobody would ever end.
      await Promise.all(batch.filter((event) => event.type === "run-start").map((each) => this.#records.begin(each)));
      const runs = [...Map.groupBy(batch, ({ run }) => run)];
      const results = await Promise.allSettled(runs.map(([run, events]) => this.#writers.append(run, events)));
      const failures = results.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
      for (const [index, [run]] of runs.entries()) {
        const result = results[index];
        if (result?.status === "rejected" && isTaken(result.reason)) this.#forget(run);
      }
      // What concerns all goes before what concerns one run.
      if (failures.length > 0) throw failures.find((each) => !isTaken(each)) ?? failures[0];
      await this.#accepted(batch);
    });
  }

  read(run: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    return this.#ask(() => this.#reader.read(run, after, limit));
  }

  runs(query: RunQuery): Promise<readonly RunRecord[]> {
    return this.#ask(() => this.#records.list(query));
  }

  unfinished(skip: (owner: HostOwner) => boolean = () => false): Promise<readonly UnfinishedRun[]> {
    return this.#ask(() => this.#records.unfinished(skip, this.#presence));
  }

  isAlive(owner: HostOwner): boolean {
    return this.#presence.isAlive(owner);
  }

  hold(run: string): () => void {
    return this.#holds.add(run);
  }

  watch(run: string, wake: () => void): () => void {
    return this.#watches.watch(run, wake);
  }

  probe(): Promise<string> {
    return this.#ask(async () => {
      const { config, state, cluster } = await this.#open().manager.streams.info(
        namesOf(this.#options.config.name).journal,
      );
      const size = `${Math.round(state.bytes / 2 ** 20)} MiB`;
      const leader = cluster?.leader === undefined ? "" : `, led by ${cluster.leader}`;
      return `${config.name} at ${this.#link.where}, ${size}, copies: ${config.num_replicas}${leader}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#presence.stop();
    this.#records.stop();
    this.#watches.stop();
    this.#holds.stop();
    await this.#pruning;
    await this.#link.close();
  }

  /** The journal has it. What the records lack now is made good by whoever reads them next. */
  async #accepted(batch: readonly RunEvent[]): Promise<void> {
    this.#writers.told(batch);
    for (const event of batch) {
      const summary = this.#summaries.get(event.run) ?? new RunSummary();
      this.#summaries.set(event.run, summary);
      summary.add(event);
      if (event.type !== "run-end") continue;
      this.#summaries.delete(event.run);
      await this.#records.finish(event, summary).catch((error: unknown) => {
        this.#options.log.debug("a record is behind its journal", { run: event.run, error });
      });
      this.#ended += 1;
      if (this.#ended % pruning.everyRuns === 0) this.#prune();
    }
  }

  #forget(run: string): void {
    this.#writers.forget(run);
    this.#summaries.delete(run);
  }

  #pruneAfter(milliseconds: number): void {
    this.#options.clock.sleep(milliseconds, this.#stop.signal).then(
      () => this.#prune(),
      () => undefined,
    );
  }

  #prune(): void {
    const { keepRuns } = this.#options.config;
    // Hosts that are not heard of yet could not be asked what is read there.
    if (this.#pruning !== undefined || keepRuns === 0 || !this.#presence.knowsAll) return;
    const { log } = this.#options;
    this.#pruning = this.#records
      .prune(keepRuns, this.#holds, () => this.#stop.signal.aborted)
      .then(
        ({ deleted, held }) => {
          if (deleted > 0) log.info(`${plural(deleted, "old run was", "old runs were")} deleted from the streams.`);
          if (held > 0) this.#pruneAfter(pruning.afterHeld);
        },
        (error: unknown) => {
          if (!this.#stop.signal.aborted) log.warn("Old runs could not be deleted from the streams.", { error });
        },
      )
      .finally(() => {
        this.#pruning = undefined;
      });
  }

  /** Servers that were started with this host find together meanwhile. */
  async #openStreams(signal: AbortSignal): Promise<void> {
    const { config, log, clock } = this.#options;
    for (let waited = 0; this.#streams === undefined; waited += opening.pause) {
      try {
        this.#streams = await openStreams(this.#link, config, log);
      } catch (error) {
        if (!isUnready(error) || waited >= opening.patience || signal.aborted) throw error;
        await clock.sleep(opening.pause, signal);
      }
    }
  }

  #open(): Streams {
    // Asked for its error: what is down is down for all.
    void this.#link.connection;
    if (this.#streams !== undefined) return this.#streams;
    throw new SluiceError("SLUICE_STORE_FAILED", `${this.#link.where}: the store has not started`);
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (isNoStream(error)) {
        // Somebody deleted it: it is begun anew, and given what memory has.
        this.#streams = await openStreams(this.#link, this.#options.config, this.#options.log).catch(() => undefined);
        this.#records.stop();
        this.#reader.forgetPlaces();
        if (this.#streams !== undefined) this.#watches.startAnew();
      }
      throw natsFailure(this.#link.where, error);
    }
  }
}

function isTaken(error: unknown): boolean {
  return SluiceError.is(error) && error.code === "SLUICE_RUN_TAKEN";
}
