import type { Duplex } from "node:stream";
import { SluiceError } from "../../../core/contract/index.ts";
import { containEvents, contained, cutTextStart, parseJsonObject } from "../../../core/kit/index.ts";
import { encodeFrame, FromSandbox, SupervisorFrameReader, ToSandbox } from "../protocol/frames.ts";
import { StdcopyReader } from "../protocol/stdcopy.ts";
import { FrameQueue, type FrameRest } from "./frame-queue.ts";
import { Replies, type Reply } from "./replies.ts";

const STDERR = 2;
/** Characters of the supervisor's own complaints that are kept for an error message. */
const COMPLAINTS = 2000;

export interface ChannelListener {
  /** Program output; may be called many times for one chunk of the pipe. */
  onOutput(kind: number, piece: Buffer): void;
  /** What it returns is done in the next turn of the event loop, before anything else of this container. */
  onFrame(kind: number, payload: Buffer): FrameRest | undefined;
  /** Everything of one chunk of the pipe has been handed on. */
  onChunkEnd(): void;
  /** Awaited before the next chunk is read, when it returns a promise. */
  pressure(): Promise<void> | undefined;
  /** Nothing comes any more. */
  onClosed(): void;
}

/**
 * The attached pipe of one container, as frames. Reading pauses while the listener wants it; then the engine's buffers
 * fill, the supervisor's too, and at last the program itself waits.
 */
export class Channel {
  readonly #socket: Duplex;
  readonly #queue: FrameQueue;
  readonly #replies = new Replies();
  readonly #closed = Promise.withResolvers<void>();
  readonly #onClosed = new Set<() => void>();
  #listener: ChannelListener | undefined;
  #onTunnel: ((kind: number, payload: Buffer) => void) | undefined;
  #nextId = 1;
  #complaints = "";
  #heard = performance.now();
  #paused = false;
  /** Whether it said more than that it lives, since that was looked at. */
  #said = false;
  #isClosed = false;
  #closing = false;
  #reason = "it ended, or was removed from outside";
  #onceReady: ((enforced: unknown) => void) | undefined;
  #oncePreloaded = Promise.withResolvers<void>();

  constructor(socket: Duplex) {
    this.#socket = socket;
    // Every upload and every tunnel may wait for it to drain.
    socket.setMaxListeners(0);
    this.#queue = new FrameQueue(
      (kind, payload) => this.#dispatch(kind, payload),
      () => this.#endTurn(),
    );
    const take = (kind: number, payload: Buffer) => this.#queue.push(kind, payload);
    const frames = new SupervisorFrameReader({ onOutput: take, onFrame: take });
    const engine = new StdcopyReader((stream, piece) => {
      if (stream === STDERR) this.#complaints = cutTextStart(this.#complaints + piece.toString("utf8"), COMPLAINTS);
      else frames.feed(piece);
    });
    containEvents(socket, (error) => this.#broken(error));
    socket.on("data", (chunk: Buffer) => {
      this.#heard = performance.now();
      this.#queue.begin();
      engine.feed(chunk);
      this.#endTurn();
    });
    socket.on("error", (error) => this.close(`the connection to it failed: ${error.message}`));
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
  }

  /** Resolves when nothing can be sent or received any more. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Calls `listener` once when the channel closes, at once if it is; returns how to stop that. What waits again and
   * again uses this. A promise keeps its reactions, and what they hold, as long as the container lives.
   */
  onClosed(listener: () => void): () => void {
    if (this.#isClosed) queueMicrotask(listener);
    else this.#onClosed.add(listener);
    return () => this.#onClosed.delete(listener);
  }

  /** Resolves when `wait` does, or when the channel closes; rejects when `wait` does. */
  async orClosed(wait: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const quit = this.onClosed(resolve);
    try {
      await Promise.race([wait, promise]);
    } finally {
      quit();
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What the supervisor itself wrote to standard error: only ever a fault. */
  get complaints(): string {
    return this.#complaints.trim();
  }

  /** Why it closed, for people: a clause about the container. */
  get reason(): string {
    return this.#reason;
  }

  /** When something was read last, as `performance.now()` tells the time. */
  get heardAt(): number {
    return this.#heard;
  }

  /** Whether reading waits for whoever takes the output, or for its turn. */
  get isPaused(): boolean {
    return this.#paused || this.#queue.waiting;
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.send(ToSandbox.ping, {});
  }

  /** Resolves with what the kernel enforces when the supervisor is ready; undefined when it went away before. */
  ready(): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#onceReady = resolve;
    this.closed.then(() => resolve(undefined));
    return promise;
  }

  /** Resolves when the container has its modules imported, or is gone. */
  get preloaded(): Promise<void> {
    return Promise.race([this.#oncePreloaded.promise, this.closed]);
  }

  listen(listener: ChannelListener | undefined): void {
    this.#listener = listener;
  }

  /** Takes the frames of the container's network connections. */
  tunnelTo(onFrame: (kind: number, payload: Buffer) => void): void {
    this.#onTunnel = onFrame;
  }

  nextId(): number {
    const id = this.#nextId;
    this.#nextId = (id % 0x7fffffff) + 1;
    return id;
  }

  send(kind: number, payload: object | Buffer): void {
    if (this.#isClosed) return;
    if (kind !== ToSandbox.ping) this.#queue.seen();
    this.#socket.write(encodeFrame(kind, payload));
  }

  /** Sends bytes that belong to `id`, and resolves when the pipe has taken them. */
  async sendData(id: number, data: Uint8Array, kind: number = ToSandbox.data): Promise<void> {
    const payload = Buffer.allocUnsafe(4 + data.length);
    payload.writeUInt32BE(id, 0);
    payload.set(data, 4);
    if (this.#isClosed || this.#socket.write(encodeFrame(kind, payload))) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("drain", resolve).once("close", resolve);
    await promise;
    this.#socket.off("drain", resolve).off("close", resolve);
  }

  /**
   * Sends a request and resolves with the supervisor's reply; undefined when the container is gone.
   * With `onPiece`, the bytes that follow the reply go there.
   */
  async request(kind: number, payload: object, onPiece?: (piece: Buffer) => void): Promise<Reply | undefined> {
    const { id, promise } = this.prepareReply(onPiece);
    this.send(kind, { id, ...payload });
    return promise;
  }

  /** For requests of several frames: the id to use, and the reply to come. */
  prepareReply(onPiece?: (piece: Buffer) => void): {
    readonly id: number;
    readonly promise: Promise<Reply | undefined>;
  } {
    const id = this.nextId();
    return { id, promise: this.#isClosed ? Promise.resolve(undefined) : this.#replies.wait(id, onPiece) };
  }

  forget(id: number): void {
    this.#replies.forget(id);
  }

  /** @param reason a clause about the container, where it is known why */
  close(reason?: string): void {
    if (this.#isClosed || this.#closing) return;
    this.#closing = true;
    // What was read before the end is handed on before it.
    contained(
      () => this.#queue.drain(),
      () => undefined,
    )();
    this.#isClosed = true;
    this.#reason = reason ?? this.#reason;
    this.#socket.destroy();
    this.#replies.close();
    this.#closed.resolve();
    const told = [...this.#onClosed, () => this.#listener?.onClosed()];
    this.#onClosed.clear();
    // Each of them, whatever another one throws.
    for (const listener of told) contained(listener, () => undefined)();
  }

  #broken(error: SluiceError): void {
    this.#queue.clear();
    this.close(`it sent what no supervisor sends: ${error.message}`);
  }

  /** Reads on, now or when everything read has been handled and whoever takes the output has room. */
  #endTurn(): void {
    this.#listener?.onChunkEnd();
    if (this.#said) this.#queue.seen();
    this.#said = false;
    const rest = this.#queue.end();
    if (this.#queue.waiting) {
      this.#socket.pause();
      this.#queue.schedule((thrown) => this.#broken(SluiceError.from(thrown)));
      return;
    }
    // Whoever takes the output may have no room after a rest.
    const wait = rest?.then(() => this.#listener?.pressure()) ?? this.#listener?.pressure();
    if (wait !== undefined) void this.#pauseUntil(wait);
    else if (!this.#paused && !this.#isClosed && this.#socket.isPaused()) this.#socket.resume();
  }

  async #pauseUntil(wait: Promise<void>): Promise<void> {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
    await wait.catch(() => undefined);
    this.#paused = false;
    this.#heard = performance.now();
    if (!this.#isClosed && !this.#queue.waiting) this.#socket.resume();
  }

  #dispatch(kind: number, payload: Buffer): FrameRest | undefined {
    this.#said ||= kind !== FromSandbox.pong;
    switch (kind) {
      case FromSandbox.stdout:
      case FromSandbox.stderr:
        this.#listener?.onOutput(kind, payload);
        return undefined;
      case FromSandbox.ready:
        this.#onceReady?.(parseJsonObject(payload, { from: "the container" }));
        return undefined;
      case FromSandbox.preloaded:
        this.#oncePreloaded.resolve();
        return undefined;
      case FromSandbox.pong:
        return undefined;
      case FromSandbox.piece:
        this.#replies.onPiece(payload);
        return undefined;
      case FromSandbox.reply:
        this.#replies.onReply(payload);
        return undefined;
      case FromSandbox.tunnelsReady:
      case FromSandbox.tunnelOpen:
      case FromSandbox.tunnelData:
      case FromSandbox.tunnelEnd:
      case FromSandbox.tunnelCredit:
      case FromSandbox.tunnelReset:
        this.#onTunnel?.(kind, payload);
        return undefined;
      default:
        return this.#listener?.onFrame(kind, payload);
    }
  }
}
