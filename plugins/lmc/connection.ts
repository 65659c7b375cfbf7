import { randomUUID } from "node:crypto";
import { type RunHandle, type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import {
  cutText,
  isJsonObject,
  parseJson,
  startTimer,
  type Timer,
  type TransportSocket,
} from "../../core/kit/index.ts";
import { LmcSocketAnswer } from "./answer.ts";
import { type ChunkFrame, completeFrame, errorFrame } from "./chunks.ts";
import { type ClientMessage, Inbox } from "./inbox.ts";

export interface ConnectionOptions {
  readonly acknowledge: boolean;
  /** Milliseconds. */
  readonly authTimeout: number;
  authenticate(key: unknown): boolean;
  open(text: string, files: readonly SandboxFile[]): RunHandle;
  autoRun(): boolean;
}

/** RFC 6455 section 7.4.1. */
const policyViolation = 1008;
/** Wrong keys of one socket, and messages that wait for their turn. */
const mostGuesses = 16;
const mostWaiting = 64;
/** Bytes that wait on the socket before a run is read no further. */
const buffered = 1024 * 1024;

/** One client: it proves itself, speaks, and hears its own answers alone. */
export class ClientConnection {
  readonly #socket: TransportSocket;
  readonly #options: ConnectionOptions;
  readonly #inbox = new Inbox();
  #authenticated = false;
  #answer: LmcSocketAnswer | undefined;
  #drained: (() => void) | undefined;
  /** Answers are told one after the other, however fast messages come. */
  #last: Promise<void> = Promise.resolve();
  /** Messages that wait for their turn; a stop is meant for them as well. */
  readonly #queued = new Set<{ stopped: boolean }>();
  #closed = false;
  #guesses = 0;
  readonly #authTimer: Timer;

  constructor(socket: TransportSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#authTimer = startTimer(() => this.close("no key came"), options.authTimeout);
    this.#authTimer.unref();
    socket.onMessage((data, binary) => this.#receive(data, binary));
    socket.onDrain(() => this.#drained?.());
  }

  /** Resolves when everything asked so far is answered. */
  get idle(): Promise<void> {
    return this.#last;
  }

  close(reason: string): void {
    this.#socket.close(policyViolation, reason);
  }

  /** The socket is gone, and with it everybody who could hear the answer. */
  dispose(): void {
    this.#closed = true;
    this.#authTimer.stop();
    this.#answer?.stop();
    this.#drained?.();
  }

  #receive(data: Buffer, binary: boolean): void {
    let frame: unknown;
    let fault = binary ? "binary frames are not understood" : "the frame is not a JSON object";
    try {
      if (!binary) frame = parseJson(data, { from: "the client" });
    } catch (error) {
      fault = SluiceError.from(error).message;
    }
    if (isJsonObject(frame) && "auth" in frame) this.#authenticate(frame["auth"]);
    else if (!this.#authenticated) this.#raw({ auth: false });
    else if (frame === undefined || typeof frame !== "object" || frame === null) {
      this.#fault(fault);
    } else if (isJsonObject(frame)) this.#hear(frame);
  }

  #authenticate(key: unknown): void {
    if (this.#authenticated) return;
    this.#authenticated = this.#options.authenticate(key);
    this.#raw({ auth: this.#authenticated });
    if (this.#authenticated) this.#authTimer.stop();
    else this.#guesses += 1;
    if (this.#guesses >= mostGuesses) this.close("too many wrong keys");
  }

  #hear(frame: ChunkFrame): void {
    const received = this.#inbox.receive(frame);
    if (received.kind === "fault") this.#fault(received.reason);
    else if (received.kind === "start") this.#answer?.supersede();
    else if (received.kind === "message") this.#reply(received);
    else if (received.kind === "command") this.#command(received.command);
  }

  #command(command: string): void {
    if (command === "stop") this.#stop();
    else if (command !== "go") this.#fault(`there is no command ${JSON.stringify(cutText(command, 40))}`);
    else if (this.#answer === undefined && this.#queued.size === 0) this.#send(completeFrame);
    // An answer that does not wait for it goes on, and says itself when it is complete.
    else this.#answer?.go();
  }

  #stop(): void {
    if (this.#answer === undefined && this.#queued.size === 0) this.#send(completeFrame);
    for (const waiting of this.#queued) waiting.stopped = true;
    this.#answer?.stop();
  }

  /** Answers when what was asked before has been answered to its end. */
  #reply({ text, files }: Extract<ClientMessage, { kind: "message" }>): void {
    if (this.#queued.size >= mostWaiting) {
      this.#fault(`${mostWaiting} messages wait for their turn`);
      return;
    }
    this.#answer?.supersede();
    const waiting = { stopped: false };
    this.#queued.add(waiting);
    this.#last = this.#last.then(async () => {
      this.#queued.delete(waiting);
      if (this.#closed) return;
      if (waiting.stopped) {
        this.#send(completeFrame);
        return;
      }
      try {
        const handle = this.#options.open(text, files);
        const output = {
          send: (frame: ChunkFrame) => this.#send(frame),
          ready: () => this.#ready(),
          autoRun: () => this.#options.autoRun(),
        };
        this.#answer = new LmcSocketAnswer(handle, output);
        await this.#answer.done;
      } catch (error) {
        this.#fault(SluiceError.from(error).message);
      } finally {
        this.#answer = undefined;
      }
    });
  }

  #fault(reason: string): void {
    this.#send(errorFrame(reason));
    this.#send(completeFrame);
  }

  #send(frame: ChunkFrame): void {
    this.#raw(this.#options.acknowledge ? { ...frame, id: randomUUID() } : frame);
  }

  #raw(frame: ChunkFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  async #ready(): Promise<void> {
    while (!this.#closed && this.#socket.bufferedAmount > buffered) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      await promise;
    }
  }
}
