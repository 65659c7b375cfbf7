import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { TransportSocket } from "../../core/kit/index.ts";

/** Bounds of a close reason, RFC 6455 section 5.5: a control frame has 125 bytes, two of them are the code. */
const reasonBytes = 123;

/** Wraps a socket of `ws` so that mounts see the contract alone. */
export class WsTransportSocket implements TransportSocket {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  #corked = false;
  /** A message of the peer is being handled. */
  #handling = false;
  /** Pings sent since the peer was last heard. */
  #missed = 0;

  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
    socket.on("pong", () => this.#heard());
    socket.on("message", () => this.#heard());
    // The library closes the socket with the right code by itself; without a listener the error would be thrown.
    socket.on("error", () => undefined);
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(data: string | Uint8Array): void {
    if (!this.open) return;
    this.#cork();
    this.#socket.send(data, { binary: false });
  }

  close(code: number, reason: string): void {
    this.#socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, reasonBytes)
        .toString()
        .replace(/\uFFFD+$/, ""),
    );
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Pings, or ends the socket when the two pings before this one were not answered. */
  beat(): void {
    if (this.#missed >= 2) this.#socket.terminate();
    else if (this.open) this.#socket.ping();
    this.#missed += 1;
  }

  onMessage(listener: (data: Buffer, binary: boolean) => void): void {
    this.#socket.on("message", (data: Buffer, binary) => {
      this.#handling = true;
      try {
        listener(data, binary);
      } finally {
        this.#handling = false;
      }
    });
  }

  onDrain(listener: () => void): void {
    this.#stream.on("drain", listener);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#socket.on("close", (code, reason) => listener(code, reason.toString()));
  }

  #heard(): void {
    this.#missed = 0;
  }

  /**
   * Many small frames become one write to the kernel, which is what a frame costs most. Answers to a message wait for a
   * turn of the event loop more: what it asks of a model or a container goes out first, and the client is told then.
   */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    if (this.#handling) setImmediate(() => setImmediate(() => this.#uncork()));
    else process.nextTick(() => this.#uncork());
  }

  #uncork(): void {
    this.#corked = false;
    this.#stream.uncork();
  }
}
