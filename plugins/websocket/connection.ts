import { type ClientHost, type Grant, type Principal, SluiceError } from "../../core/contract/index.ts";
import { startTimer, type Timer, type TransportSocket } from "../../core/kit/index.ts";
import { perform } from "./commands.ts";
import { closeCode, protocol } from "./config.ts";
import { Downloads } from "./downloads.ts";
import { Followers } from "./followers.ts";
import { decodeFrame, type IncomingFrame, Violation } from "./frames.ts";
import { HostSubscriptions } from "./host-watches.ts";
import { follow } from "./open.ts";
import { Outbox } from "./outbox.ts";
import type { Peer, TransportContext } from "./peer.ts";
import { RateLimit } from "./rate-limit.ts";
import { Uploads } from "./uploads.ts";
import { welcome } from "./welcome.ts";

type Hello = Extract<IncomingFrame, { t: "hello" }>;

/** Frames that have a window of their own: they cost next to nothing, and one that was lost would stop a stream. */
const windowed: ReadonlySet<IncomingFrame["t"]> = new Set(["ack", "stdin"]);
const windowedCost = 0.1;

export interface ConnectionEvents {
  /** What the token of a hello grants. */
  redeem(token: string): Grant | undefined;
  hostOf(principal: Principal): ClientHost;
  /** Refuses one connection too many of a client. @throws SluiceError SLUICE_OVERLOADED */
  admitted(peer: Peer): void;
}

/** One socket, from the upgrade to its end. */
export class WireConnection {
  readonly id: string;
  readonly #socket: TransportSocket;
  readonly #context: TransportContext;
  readonly #events: ConnectionEvents;
  readonly #outbox: Outbox;
  readonly #watches: HostSubscriptions;
  readonly #rate: RateLimit;
  readonly #uploads: Uploads;
  readonly #downloads: Downloads;
  readonly #followers: Followers;
  readonly #helloTimer: Timer;
  /** What the upgrade proved, before hello. */
  #grant: Grant | undefined;
  #peer: Peer | undefined;
  #violations = 0;
  #over = false;

  constructor(
    id: string,
    socket: TransportSocket,
    grant: Grant | undefined,
    context: TransportContext,
    events: ConnectionEvents,
  ) {
    this.id = id;
    this.#socket = socket;
    this.#grant = grant;
    this.#context = context;
    this.#events = events;
    this.#outbox = new Outbox(socket, context.config.stall);
    this.#watches = new HostSubscriptions(this.#outbox);
    this.#followers = new Followers(this.#outbox);
    this.#rate = new RateLimit(context.clock, context.config.limits.frames);
    const { limits, stall } = context.config;
    const owner = () => `${this.grant?.realm ?? ""}:${this.grant?.name ?? ""}`;
    this.#uploads = new Uploads(limits, context.uploadTotal, owner, stall);
    this.#downloads = new Downloads(limits, context.downloadTotal, owner, stall);
    this.#helloTimer = startTimer(
      () => this.#end(closeCode.helloMissing, "no hello came"),
      context.config.helloTimeout,
    );
    socket.onMessage((data, binary) => this.#receive(data, binary));
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** The principal, as far as it is known. */
  get grant(): Grant | undefined {
    return this.#peer?.grant ?? this.#grant;
  }

  /** Resolves when every follower has sent what there is. */
  async followed(): Promise<void> {
    await this.#followers.followed();
  }

  beat(time: string, runs: number): void {
    if (this.#peer !== undefined) this.#outbox.send({ t: "beat", time, runs, buffered: this.#outbox.buffered });
  }

  close(code: number, reason: string): void {
    this.#end(code, reason);
  }

  /** The socket is gone. */
  dispose(): void {
    this.#over = true;
    this.#helloTimer.stop();
    this.#followers.dispose();
    this.#watches.dispose();
    this.#uploads.dispose();
    this.#downloads.dispose();
    this.#outbox.dispose();
    if (this.#peer !== undefined) this.#context.runs.leave(this.id);
  }

  #receive(data: Buffer, binary: boolean): void {
    if (this.#over) return;
    let frame: IncomingFrame;
    try {
      frame = decodeFrame(data, binary);
      if (frame.t === "hello" && this.#peer !== undefined) throw new Violation("hello comes once", frame.id);
      if (frame.t !== "hello" && this.#peer === undefined) throw new Violation("hello comes first", frame.id);
    } catch (error) {
      this.#violated(error);
      return;
    }
    if (frame.t === "hello") this.#hello(frame);
    else void this.#perform(frame);
  }

  async #perform(frame: Exclude<IncomingFrame, { t: "hello" }>): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined) return;
    try {
      const wait = this.#rate.take(windowed.has(frame.t) ? windowedCost : 1);
      if (wait > 0 && !windowed.has(frame.t))
        throw new SluiceError("SLUICE_OVERLOADED", "too many frames a second", { retryAfter: wait });
      await perform(this.#context, peer, frame);
    } catch (error) {
      this.#fail(error, frame.id, "run" in frame ? frame.run : undefined);
    }
  }

  #hello(frame: Hello): void {
    this.#helloTimer.stop();
    const grant = frame.token === undefined ? this.#grant : this.#events.redeem(frame.token);
    if (grant === undefined) {
      const message = frame.token === undefined ? "a token is needed" : "the token is wrong";
      this.#fail(new SluiceError("SLUICE_WIRE_AUTH", message), frame.id);
      this.#end(closeCode.auth, message);
      return;
    }
    // Whom another transport knows (a page's cookie) is one person there, however often the page is opened.
    const host = this.#events.hostOf(grant.realm === undefined ? { ...grant, client: frame.client } : grant);
    const peer: Peer = {
      connection: this.id,
      grant,
      host,
      owner: host.owner,
      label: `${grant.name}/${frame.client}`,
      outbox: this.#outbox,
      followers: this.#followers,
      watches: this.#watches,
      uploads: this.#uploads,
      downloads: this.#downloads,
    };
    try {
      this.#events.admitted(peer);
    } catch (error) {
      this.#fail(error, frame.id);
      this.#end(closeCode.overloaded, "too many connections of one client");
      return;
    }
    this.#peer = peer;
    this.#outbox.send(welcome(this.#context, peer, frame.id));
    const resumed = new Map(frame.resume?.map(({ run, after }) => [run, after]));
    for (const [run, after] of resumed) {
      follow(this.#context, peer, run, after, () => undefined).catch((error) => this.#fail(error, undefined, run));
    }
  }

  #violated(error: unknown): void {
    this.#violations += 1;
    // Somebody who has proved nothing is told nothing but the code of the close.
    const known = this.#peer !== undefined || this.#grant !== undefined;
    if (known) this.#fail(error, error instanceof Violation ? error.re : undefined);
    if (this.#violations < protocol.violations) return;
    this.#end(closeCode.violations, `${protocol.violations} frames were against the protocol`);
  }

  #fail(error: unknown, re?: string, run?: string): void {
    const known = SluiceError.from(error);
    if (known.code === "SLUICE_INTERNAL") this.#context.log.error(`a message failed: ${known.message}`);
    const place = { ...(re === undefined ? {} : { re }), ...(run === undefined ? {} : { run }) };
    this.#outbox.send({ t: "error", ...place, ...known.toBody() });
  }

  #end(code: number, reason: string): void {
    this.#over = true;
    this.#helloTimer.stop();
    this.#outbox.finish();
    this.#socket.close(code, reason);
  }
}
