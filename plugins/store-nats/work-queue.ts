import { AckPolicy, DiscardPolicy, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/transport-node";
import { SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject, type WorkItem, type WorkPlace } from "../../core/kit/index.ts";
import type { LargeMessages } from "./large.ts";
import type { NatsLink } from "./link.ts";
import { type ClusterNames, ensure, messageOf, type Streams, tokenOf } from "./streams.ts";

export interface WorkQueueOptions {
  readonly link: NatsLink;
  readonly names: ClusterNames;
  readonly streams: () => Streams;
  readonly large: LargeMessages;
  readonly replicas: number;
  /** Milliseconds without a word of an item after which it comes back. */
  readonly silence: number;
}

const nanoseconds = 1_000_000;
const told = { from: "a host of the cluster" };
/** Characters of a client's name; a consumer's name is made of them. */
const longestClient = 512;
/** Milliseconds to wait for an answer. */
const answer = 5_000;

/**
 * Runs that wait, in a stream from which an item is gone when it is done with. A client has a consumer of its own for each
 * priority, so that hosts may take turns between clients.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Consumers that are sure to be there, by their names. */
  readonly #ensured = new Set<string>();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  async open(most: number): Promise<void> {
    const { names, streams, replicas } = this.#options;
    await ensure(streams().manager, {
      name: names.queue,
      description: "Runs of Sluicebox that wait for a host",
      subjects: [names.work("*", "*", "*")],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      max_msgs: most,
      num_replicas: replicas,
      allow_direct: true,
    });
  }

  async push(place: WorkPlace, run: string, data: Uint8Array): Promise<void> {
    const { link, names } = this.#options;
    await this.#ensurePlace(place);
    try {
      const payload = await this.#options.large.fitted(data, `queue/${run}`);
      // Whoever gave it twice, because the answer was lost, gave it once.
      await link.stream.publish(subjectOf(names, place, run), payload, { msgID: run });
    } catch (error) {
      if (!/maximum messages exceeded/.test(String(error))) throw error;
      throw new SluiceError("SLUICE_OVERLOADED", "as many runs wait as may", { retryAfter: 5_000 });
    }
    link.connection.publish(names.pushed, JSON.stringify(place));
  }

  onPushed(listener: (place: WorkPlace) => void): () => void {
    const { link, names } = this.#options;
    return link.listen(names.pushed, (message) => listener(demandPlace(parseJsonObject(message.string(), told))));
  }

  async places(): Promise<readonly WorkPlace[]> {
    const { names, streams } = this.#options;
    const found: WorkPlace[] = [];
    for await (const { config, num_pending, num_ack_pending } of streams().manager.consumers.list(names.queue)) {
      const place = placeOf(config.durable_name ?? "");
      // What was taken may come back.
      if (place !== undefined && num_pending + num_ack_pending > 0) found.push(place);
    }
    return found;
  }

  async pull(place: WorkPlace): Promise<WorkItem | undefined> {
    const { link, names } = this.#options;
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${names.queue}.${consumerOf(place)}`;
    const message = await link.connection.request(subject, JSON.stringify({ batch: 1, no_wait: true }), {
      timeout: answer,
      noMux: true,
    });
    if ((message.headers?.code ?? 0) !== 0) return undefined;
    const { data, drop } = await this.#options.large.read(message.data, "queue");
    return this.#item(message, data, drop);
  }

  async find(run: string): Promise<Uint8Array | undefined> {
    const { names, streams } = this.#options;
    const message = await messageOf(streams().manager, names.queue, {
      last_by_subj: names.work("*", "*", tokenOf(run)),
    });
    return message === undefined ? undefined : (await this.#options.large.read(message.data, "queue")).data;
  }

  async waiting(): Promise<number> {
    const { names, streams } = this.#options;
    let waiting = 0;
    for await (const { num_pending } of streams().manager.consumers.list(names.queue)) waiting += num_pending;
    return waiting;
  }

  #item(message: Msg, data: Uint8Array, onDone: () => unknown): WorkItem {
    const { link } = this.#options;
    const say = (what: string) => {
      // Cut off: it comes back to somebody, who finds in the journal how far it is.
      if (link.connected) link.connection.publish(message.reply ?? "", what);
    };
    return {
      data,
      working: () => say("+WPI"),
      later: (milliseconds) => say(`-NAK ${JSON.stringify({ delay: milliseconds * nanoseconds })}`),
      done: async () => {
        await link.connection.request(message.reply ?? "", "+ACK", { timeout: answer, noMux: true });
        await onDone();
      },
    };
  }

  async #ensurePlace(place: WorkPlace): Promise<void> {
    const name = consumerOf(place);
    if (this.#ensured.has(name)) return;
    const { names, streams, silence } = this.#options;
    await streams().manager.consumers.add(names.queue, {
      durable_name: name,
      filter_subject: subjectOf(names, place, "*"),
      ack_policy: AckPolicy.Explicit,
      ack_wait: silence * nanoseconds,
      max_ack_pending: -1,
    });
    this.#ensured.add(name);
  }
}

/** Both become tokens of subjects and names of consumers. @throws SluiceError SLUICE_STORE_FAILED */
export function demandPlace({ priority, client }: Readonly<Record<string, unknown>>): WorkPlace {
  const fits = typeof priority === "string" && /^[a-z]{1,20}$/.test(priority);
  if (fits && typeof client === "string" && client.length <= longestClient) return { priority, client };
  throw new SluiceError("SLUICE_STORE_FAILED", "a message names no place of the queue");
}

function subjectOf(names: ClusterNames, { priority, client }: WorkPlace, run: string): string {
  return names.work(priority, clientToken(client), run === "*" ? run : tokenOf(run));
}

function consumerOf({ priority, client }: WorkPlace): string {
  return `${priority}-${clientToken(client)}`;
}

/** The other way round. Servers before 2.10 keep nothing else of a consumer that we could read. */
function placeOf(name: string): WorkPlace | undefined {
  const [priority, client] = name.split(/-(.*)/s, 2);
  if (priority === undefined || client === undefined) return undefined;
  return { priority, client: Buffer.from(client, "base64url").toString() };
}

/** Names of consumers may have no mark that stands in a subject's tokens. */
function clientToken(client: string): string {
  return Buffer.from(client).toString("base64url");
}
