import { SluiceError } from "../../contract/errors.ts";
import { startTimer } from "../timing/timer.ts";
import { contained } from "../untrusted/contained.ts";
import { commandFrames, type LmcFrame, messageFrames, parseFrame } from "./frames.ts";

/** Where an LMC server is, and how it is spoken to. */
export interface LmcConnectionOptions {
  /** `ws://host:port/`. */
  readonly url: string;
  /** Without one any value passes at the server; the frame is needed all the same. */
  readonly key?: string;
  /** Milliseconds until the connection stands and the server has let us in. */
  readonly timeout: number;
  /** For messages: the instance that connects. */
  readonly source: string;
}

/** Frame ids that are remembered, to know one that is sent again. */
const remembered = 1024;

/** One socket to a server that speaks Open Interpreter's protocol, authenticated. It is not made again by itself. */
export class LmcConnection {
  /**
   * Gets what comes while it is set, and whether its id was there before; what comes while nobody listens belongs to no
   * answer and is dropped.
   */
  onFrame: ((frame: LmcFrame, repeated: boolean) => void) | undefined;
  /** Called when the socket is gone. */
  onClosed: (() => void) | undefined;
  readonly #socket: WebSocket;
  readonly #seen = new Set<string>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const fault = () => socket.close();
    socket.addEventListener(
      "close",
      contained(() => this.onClosed?.(), fault),
      { once: true },
    );
    socket.addEventListener(
      "message",
      contained(({ data }: MessageEvent) => this.#receive(data), fault),
    );
  }

  /** @throws SluiceError SLUICE_MODEL_UNREACHABLE, SLUICE_MODEL_AUTH, SLUICE_MODEL_TIMEOUT, or the signal's reason */
  static async open(options: LmcConnectionOptions, signal: AbortSignal): Promise<LmcConnection> {
    signal.throwIfAborted();
    const { url, source, timeout } = options;
    const socket = new WebSocket(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = startTimer(
      () => reject(new SluiceError("SLUICE_MODEL_TIMEOUT", `${source}: ${url} did not answer within ${timeout} ms.`)),
      timeout,
    );
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const gone = () => reject(new SluiceError("SLUICE_MODEL_UNREACHABLE", `${source}: ${url} cannot be reached.`));
    const greet = () => socket.send(JSON.stringify({ auth: options.key ?? "" }));
    const hear = ({ data }: MessageEvent) => {
      const frame = parseFrame(data);
      if (frame?.auth === true) resolve();
      else if (frame?.auth === false) {
        reject(new SluiceError("SLUICE_MODEL_AUTH", `${source}: ${url} refused the key.`));
      }
    };
    socket.addEventListener("open", greet);
    socket.addEventListener("message", hear);
    socket.addEventListener("error", gone);
    socket.addEventListener("close", gone);
    try {
      await promise;
      return new LmcConnection(socket);
    } catch (error) {
      socket.close();
      throw error;
    } finally {
      timer.stop();
      signal.removeEventListener("abort", abort);
      socket.removeEventListener("message", hear);
      socket.removeEventListener("close", gone);
      // The listener for errors stays: without one, Node would throw the error.
    }
  }

  get alive(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(text: string): void {
    for (const frame of messageFrames(text)) this.#send(frame);
  }

  /** Asks for the end of the answer under way. The original never confirms it. */
  stop(): void {
    for (const frame of commandFrames("stop")) this.#send(frame);
  }

  close(): void {
    this.onFrame = undefined;
    this.onClosed = undefined;
    this.#socket.close();
  }

  #send(frame: object): void {
    if (this.alive) this.#socket.send(JSON.stringify(frame));
  }

  #receive(data: unknown): void {
    const frame = parseFrame(data);
    if (frame === undefined) return;
    if (typeof frame.id !== "string") {
      this.onFrame?.(frame, false);
      return;
    }
    this.#send({ ack: frame.id });
    const repeated = this.#seen.has(frame.id);
    this.#remember(frame.id);
    // The original sends a frame again until its acknowledgement arrives; but each `complete` has the first one's id.
    if (!repeated || frame.role === "server") this.onFrame?.(frame, repeated);
  }

  #remember(id: string): void {
    this.#seen.add(id);
    if (this.#seen.size <= remembered) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }
}
