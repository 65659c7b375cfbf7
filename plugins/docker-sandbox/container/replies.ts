import { eventBounds, parseJsonObject } from "../../../core/kit/index.ts";

export interface Reply {
  readonly id: number;
  /** Set on failures. */
  readonly code?: string;
  readonly message?: string;
  readonly size?: number;
  readonly files?: readonly (readonly [path: string, size: number])[];
  readonly cpuMs?: number;
  readonly memory?: number;
  readonly pids?: number;
}

interface PendingReply {
  readonly resolve: (reply: Reply | undefined) => void;
  readonly onPiece: ((piece: Buffer) => void) | undefined;
}

/** Requests to the supervisor that wait for their reply, by id. */
export class Replies {
  readonly #pending = new Map<number, PendingReply>();

  /** With `onPiece`, the bytes that follow the reply go there. */
  wait(id: number, onPiece: ((piece: Buffer) => void) | undefined): Promise<Reply | undefined> {
    return new Promise((resolve) => this.#pending.set(id, { resolve, onPiece }));
  }

  forget(id: number): void {
    this.#pending.delete(id);
  }

  onPiece(payload: Buffer): void {
    this.#pending.get(payload.readUInt32BE(0))?.onPiece?.(payload.subarray(4));
  }

  onReply(payload: Buffer): void {
    const reply = parseJsonObject(payload, { ...eventBounds, from: "the container" }) as unknown as Reply;
    const pending = this.#pending.get(reply.id);
    if (pending && (pending.onPiece === undefined || reply.code !== undefined)) this.#pending.delete(reply.id);
    pending?.resolve(reply);
  }

  /** Nothing comes any more. */
  close(): void {
    for (const { resolve } of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }
}
