import { errors, type Msg } from "@nats-io/transport-node";
import { type Logger, SluiceError } from "../../core/contract/index.ts";
import type { ClusterLink, StandingOfRun, WorkItem, WorkPlace } from "../../core/kit/index.ts";
import { headOf } from "./chunk.ts";
import { natsFailure } from "./failure.ts";
import type { LargeMessages } from "./large.ts";
import type { NatsLink } from "./link.ts";
import type { Presence } from "./presence.ts";
import { lastMessage } from "./stream-writers.ts";
import { type ClusterNames, type Streams, tokenOf } from "./streams.ts";
import type { ValueBucket } from "./value-bucket.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface ClusterOptions {
  readonly host: string;
  readonly silence: number;
  readonly link: NatsLink;
  readonly names: ClusterNames;
  readonly streams: () => Streams;
  readonly presence: Presence;
  readonly work: WorkQueue;
  readonly large: LargeMessages;
  readonly values: ValueBucket;
  readonly log: Logger;
  readonly tell: (about: () => Readonly<Record<string, unknown>>) => void;
}

const slow = "See whether what was asked was done, and try again: it may be cut off, and may have heard the question.";

/** What a queue is lent of the servers. */
export class Cluster implements ClusterLink {
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  get host(): string {
    return this.#options.host;
  }

  get silence(): number {
    return this.#options.silence;
  }

  get connected(): boolean {
    return this.#options.link.connected;
  }

  get hosts() {
    return this.#options.presence.hosts;
  }

  isAlive(host: string): boolean {
    return this.#options.presence.isAlive({ host });
  }

  tell(about: () => Readonly<Record<string, unknown>>): void {
    this.#options.tell(about);
  }

  openQueue(most: number): Promise<void> {
    return this.#ask(() => this.#options.work.open(most));
  }

  push(place: WorkPlace, run: string, data: Uint8Array): Promise<void> {
    return this.#ask(() => this.#options.work.push(place, run, data));
  }

  onPushed(listener: (place: WorkPlace) => void): () => void {
    return this.#options.work.onPushed(listener);
  }

  places(): Promise<readonly WorkPlace[]> {
    return this.#ask(() => this.#options.work.places());
  }

  pull(place: WorkPlace): Promise<WorkItem | undefined> {
    return this.#ask(() => this.#options.work.pull(place));
  }

  find(run: string): Promise<Uint8Array | undefined> {
    return this.#ask(() => this.#options.work.find(run));
  }

  waiting(): Promise<number> {
    return this.#ask(() => this.#options.work.waiting());
  }

  standingOf(run: string): Promise<StandingOfRun> {
    return this.#ask(async () => {
      const message = await lastMessage(this.#options.streams().manager, this.#options.names, run);
      if (message === undefined) return { standing: "new", last: 0, host: "", attempt: 0 };
      const { end, last, host, attempt } = headOf(message.header);
      if (!end) await this.#lives(host);
      return { standing: end ? "ended" : "live", last, host, attempt };
    });
  }

  answer(address: string, handler: (question: Uint8Array) => Promise<Uint8Array>): () => void {
    const { link, names } = this.#options;
    return link.listen(names.call(tokenOf(address)), (message) => this.#answer(message, handler));
  }

  async ask(address: string, question: Uint8Array, limit: number): Promise<Uint8Array | undefined> {
    const { link, names, large } = this.#options;
    try {
      const sent = await large.fitted(question);
      const answer = await link.connection.request(names.call(tokenOf(address)), sent, { timeout: limit });
      const { data, drop } = await large.read(answer.data, "call");
      await drop();
      return data;
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      if (error instanceof errors.NoRespondersError || cause instanceof errors.NoRespondersError) return undefined;
      if (!link.connected)
        throw new SluiceError("SLUICE_HOST_CUT_OFF", "the connection broke before there was an answer");
      if (error instanceof errors.TimeoutError || cause instanceof errors.TimeoutError) {
        throw new SluiceError("SLUICE_HOST_UNAVAILABLE", `another host did not answer within ${limit / 1000} s`, {
          cure: slow,
        });
      }
      throw natsFailure(link.where, error);
    }
  }

  async #answer(message: Msg, handler: (question: Uint8Array) => Promise<Uint8Array>): Promise<void> {
    const { link, large, log } = this.#options;
    try {
      const { data, drop } = await large.read(message.data, "call");
      await drop();
      const answer = await large.fitted(await handler(data));
      if (link.connected) message.respond(answer);
    } catch (error) {
      // Whoever asked hears nothing, and asks again or gives up.
      log.warn("a question of another host could not be answered", { error });
    }
  }

  claim(key: string): Promise<string> {
    return this.#ask(async () => {
      const { records } = this.#options.streams();
      const name = claimKey(key);
      for (;;) {
        const entry = await records.get(name);
        const holder = entry?.operation === "PUT" ? entry.string() : undefined;
        if (holder !== undefined && (await this.#lives(holder))) return holder;
        try {
          if (entry === null || entry.operation !== "PUT") await records.create(name, this.host);
          else await records.update(name, this.host, entry.revision);
          return this.host;
        } catch (error) {
          // Another host was faster, and is asked for.
          if (!/wrong last sequence/.test(String(error))) throw error;
        }
      }
    });
  }

  holder(key: string): Promise<string | undefined> {
    return this.#ask(async () => {
      const entry = await this.#options.streams().records.get(claimKey(key));
      const holder = entry?.operation === "PUT" ? entry.string() : undefined;
      return holder !== undefined && (await this.#lives(holder)) ? holder : undefined;
    });
  }

  release(key: string): Promise<void> {
    return this.#ask(async () => {
      const { records } = this.#options.streams();
      const entry = await records.get(claimKey(key));
      if (entry?.operation !== "PUT" || entry.string() !== this.host) return;
      await records.purge(claimKey(key), { previousSeq: entry.revision });
    });
  }

  change(key: string, change: (before: unknown, now: number) => unknown, patient: boolean): Promise<void> {
    return this.#options.values.change(key, change, patient);
  }

  keep(name: string, data: Uint8Array): Promise<void> {
    return this.#ask(async () => void (await this.#options.streams().objects.putBlob({ name }, data)));
  }

  kept(name: string): Promise<Uint8Array | undefined> {
    return this.#ask(async () => (await this.#options.streams().objects.getBlob(name)) ?? undefined);
  }

  drop(name: string): Promise<void> {
    return this.#ask(async () => void (await this.#options.streams().objects.delete(name)));
  }

  /** Whoever was silent is asked for at the servers before anybody takes what it has. */
  async #lives(host: string): Promise<boolean> {
    const { presence, streams } = this.#options;
    if (presence.isSilent(host)) await presence.confirm(streams().manager, host);
    return this.isAlive(host);
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw natsFailure(this.#options.link.where, error);
    }
  }
}

function claimKey(key: string): string {
  return `c.${tokenOf(key)}`;
}
