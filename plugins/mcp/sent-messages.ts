import { randomUUID } from "node:crypto";
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

interface MessageLog {
  readonly id: string;
  readonly order: number;
  readonly stream: string;
  readonly message: JSONRPCMessage;
  readonly size: number;
}

type Send = (id: string, message: JSONRPCMessage) => Promise<void>;

/** What one protocol session keeps; its newest message is kept whatever its size. */
const most = { messages: 1000, characters: 2 * 1024 * 1024 };

/**
 * What a protocol session sent last. A client whose connection broke reads on from the last message it saw. What is no
 * longer here is refused: an answer with a hole in it would be worse.
 */
export class SentMessages implements EventStore {
  readonly #kept: MessageLog[] = [];
  #order = 0;
  #size = 0;
  #replaying: Promise<void> | undefined;

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    // Ids cannot be guessed, and say nothing.
    const id = randomUUID();
    const { length: size } = JSON.stringify(message);
    this.#order += 1;
    this.#kept.push({ id, order: this.#order, stream, message, size });
    this.#size += size;
    while (this.#kept.length > 1 && (this.#size > most.characters || this.#kept.length > most.messages)) {
      this.#size -= this.#kept.shift()?.size ?? 0;
    }
    // Sent before the reader is back in its place, it would reach nobody.
    await this.#replaying;
    return id;
  }

  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return this.#kept.find((sent) => sent.id === id)?.stream;
  }

  async replayEventsAfter(last: string, { send }: { readonly send: Send }): Promise<string> {
    const first = this.#kept.find(({ id }) => id === last);
    if (first === undefined) throw new Error("what followed that event is no longer kept");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#replaying = promise;
    try {
      // Asked for anew each time: what is sent meanwhile is among them.
      for (let next = this.#after(first); next !== undefined; next = this.#after(next)) {
        // The event that begins a stream is no message.
        if ("jsonrpc" in next.message) await send(next.id, next.message);
      }
    } finally {
      // The reader's stream is in its place once this has been returned.
      setImmediate(resolve);
    }
    return first.stream;
  }

  #after({ stream, order }: MessageLog): MessageLog | undefined {
    return this.#kept.find((sent) => sent.stream === stream && sent.order > order);
  }
}
