import { BehaviorSubject } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import { plural } from "../kit/text/plural.ts";
import { startTimer, type Timer } from "../kit/timing/timer.ts";
import { contained } from "../kit/untrusted/contained.ts";
import { type ClientFrame, errorOf, FrameReader, type ServerFrame } from "./frames.ts";
import type { ClientSettings } from "./options.ts";
import type { ClientFrames, ServerFrames } from "./wire.generated.ts";

/** The state of a client's connection. */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

export interface LinkEvents {
  /** The first frame of a new connection. */
  hello(): ClientFrames["hello"];
  opened(welcome: ServerFrames["welcome"]): void;
  frame(frame: ServerFrame, size: number): void;
  /** The connection is gone; another will be tried. */
  lost(): void;
  /** It is over: no further attempt is made. */
  closed(error: SluiceError): void;
  /** A fault that the connection survives. */
  fault(error: SluiceError): void;
  debug(line: string): void;
}

const longestDelay = 30_000;
/** Beats that may be missing before the connection is taken for dead. */
const patience = 2.5;
/** Closes after which trying again would do the same: protocol, violations, authentication. */
const final: Readonly<Record<number, "SLUICE_WIRE_AUTH" | "SLUICE_WIRE_PROTOCOL">> = {
  1002: "SLUICE_WIRE_PROTOCOL",
  4400: "SLUICE_WIRE_PROTOCOL",
  4401: "SLUICE_WIRE_AUTH",
};

/** One logical connection: it is made again whenever it breaks, until it is closed or not worth it. */
export class Link {
  readonly state$ = new BehaviorSubject<ConnectionState>("connecting");
  readonly #settings: ClientSettings;
  readonly #events: LinkEvents;
  #socket: WebSocket | undefined;
  #welcome: ServerFrames["welcome"] | undefined;
  /** For connecting, for the next attempt, and for the heartbeat; never two of them at once. */
  #timer: Timer | undefined;
  #failures = 0;
  #heard = 0;
  #refusal: SluiceError | undefined;

  constructor(settings: ClientSettings, events: LinkEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  get welcome(): ServerFrames["welcome"] | undefined {
    return this.#welcome;
  }

  /** How often the present host wants acknowledgements. */
  get rhythm(): { readonly events: number; readonly bytes: number } {
    const { ackEvents = 64, ackBytes = 64 * 1024 } = this.#welcome?.limits ?? {};
    return { events: ackEvents, bytes: ackBytes };
  }

  connect(): void {
    const { url, headers, timeout } = this.#settings;
    this.#to("connecting");
    this.#refusal = undefined;
    // Node's own WebSocket takes an object with headers where browsers take the subprotocols.
    const options = headers === undefined ? ["sluice.v1"] : ({ protocols: ["sluice.v1"], headers } as never);
    const socket = new WebSocket(url, options);
    this.#socket = socket;
    const reader = new FrameReader();
    this.#timer = startTimer(() => this.#broken(`no welcome within ${timeout} ms`, "SLUICE_WIRE_TIMEOUT"), timeout);
    const mine = (listener: () => void) => () => {
      if (this.#socket === socket) contained(listener, (error) => this.#events.fault(error))();
    };
    socket.addEventListener(
      "open",
      mine(() => socket.send(JSON.stringify(this.#events.hello()))),
    );
    socket.addEventListener("message", ({ data }) => mine(() => this.#receive(reader, data))());
    socket.addEventListener("close", ({ code, reason }) => mine(() => this.#ended(code, reason))());
    socket.addEventListener(
      "error",
      mine(() => this.#events.debug("the socket reports an error")),
    );
  }

  /** Returns the boot of the host it was sent to, or nothing while there is no connection. */
  send(frame: ClientFrame): string | undefined {
    if (this.#welcome === undefined || this.#socket?.readyState !== WebSocket.OPEN) return undefined;
    const text = JSON.stringify(frame);
    const { limits, server } = this.#welcome;
    if (text.length * 3 > limits.frame && new TextEncoder().encode(text).byteLength > limits.frame) {
      throw new SluiceError(
        "SLUICE_WIRE_SEND",
        `${frame.t} is larger than the ${plural(limits.frame, "byte")} of a frame`,
        {
          cure: "Send less text at once; files may be larger.",
          retryable: false,
        },
      );
    }
    this.#socket.send(text);
    return server.boot;
  }

  close(error: SluiceError): void {
    if (this.state$.value === "closed") return;
    this.#drop();
    this.#to("closed");
    this.state$.complete();
    this.#events.closed(error);
  }

  #receive(reader: FrameReader, data: unknown): void {
    this.#heard = Date.now();
    if (typeof data !== "string") return;
    let frame: ServerFrame | undefined;
    try {
      frame = reader.read(data);
    } catch (error) {
      this.#events.fault(SluiceError.from(error, "SLUICE_WIRE_PARSE"));
      return;
    }
    if (frame === undefined) return;
    if (frame.t === "error" && this.#welcome === undefined) this.#refusal = errorOf(frame);
    if (frame.t === "welcome") this.#open(frame);
    else this.#events.frame(frame, reader.size);
  }

  #open(welcome: ServerFrames["welcome"]): void {
    this.#timer?.stop();
    this.#welcome = welcome;
    this.#failures = 0;
    this.#watch(welcome.heartbeat);
    this.#to("open");
    this.#events.opened(welcome);
  }

  #watch(heartbeat: number): void {
    this.#timer = startTimer(() => {
      const silent = Date.now() - this.#heard;
      if (silent > patience * heartbeat) this.#broken(`nothing came for ${silent} ms`, "SLUICE_WIRE_TIMEOUT");
      else this.#watch(heartbeat);
    }, heartbeat / 2);
  }

  #ended(code: number, reason: string): void {
    const text = `the connection was closed with ${code}${reason === "" ? "" : ` (${reason})`}`;
    const known = final[code];
    if (known === undefined) this.#broken(text, "SLUICE_WIRE_CLOSED");
    else this.close(this.#refusal ?? new SluiceError(known, text));
  }

  #broken(message: string, code: "SLUICE_WIRE_CLOSED" | "SLUICE_WIRE_TIMEOUT"): void {
    this.#events.debug(message);
    this.#drop();
    this.#events.lost();
    if (this.#failures >= this.#settings.maxRetries) {
      const attempts = `${plural(this.#failures + 1, "attempt")} in a row failed`;
      this.close(this.#refusal ?? new SluiceError(code, `${attempts} at ${this.#settings.url}; at last ${message}`));
      return;
    }
    const delay = Math.min(longestDelay, this.#settings.retryDelay * 2 ** this.#failures);
    this.#failures += 1;
    this.#to("waiting");
    // A pause of 0 is none, where a limit of 0 would be.
    this.#timer = startTimer(() => this.connect(), Math.max(1, delay * (0.5 + Math.random() / 2)));
  }

  #drop(): void {
    this.#timer?.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    this.#welcome = undefined;
    socket?.close();
  }

  #to(state: ConnectionState): void {
    if (this.state$.value === state) return;
    this.#events.debug(state);
    this.state$.next(state);
  }
}
