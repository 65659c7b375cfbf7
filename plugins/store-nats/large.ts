import { randomUUID } from "node:crypto";
import { SluiceError } from "../../core/contract/index.ts";
import type { NatsLink } from "./link.ts";
import type { Streams } from "./streams.ts";

/** Where data lies that is too large for a message. */
const pointer = "sluice-object:";

/** What a message is: a question or an answer, or a run that waits. */
type LargeKind = "call" | "queue";

/** Data that was read, and how to let go of where it lay. */
export interface LargeData {
  readonly data: Uint8Array;
  drop(): Promise<void>;
}

/** Data of any size in one message: what is too large for one becomes an object, and the message names it. */
export class LargeMessages {
  readonly #link: NatsLink;
  readonly #streams: () => Streams;

  constructor(link: NatsLink, streams: () => Streams) {
    this.#link = link;
    this.#streams = streams;
  }

  async fitted(data: Uint8Array, name = `${"call" satisfies LargeKind}/${randomUUID()}`): Promise<Uint8Array> {
    const most = (this.#link.connection.info?.max_payload ?? 2 ** 20) / 2;
    if (data.length <= most) return data;
    await this.#streams().objects.putBlob({ name }, data);
    return new TextEncoder().encode(pointer + name);
  }

  /**
   * What a message says or names. It names an object of its own kind alone: whoever may ask a host could else have it
   * delete the events of a run.
   * @throws SluiceError SLUICE_STORE_FAILED
   */
  async read(payload: Uint8Array, kind: LargeKind): Promise<LargeData> {
    const head = new TextDecoder().decode(payload.subarray(0, pointer.length));
    if (head !== pointer) return { data: payload, drop: async () => undefined };
    const name = new TextDecoder().decode(payload.subarray(pointer.length));
    if (!name.startsWith(`${kind}/`)) {
      throw new SluiceError("SLUICE_STORE_FAILED", "a message names an object that is not of its kind");
    }
    const { objects } = this.#streams();
    return {
      data: (await objects.getBlob(name)) ?? new Uint8Array(),
      drop: async () => void (await objects.delete(name)),
    };
  }
}
