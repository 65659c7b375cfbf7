import { SluiceError } from "../contract/errors.ts";
import { plural } from "../kit/text/plural.ts";
import { startTimer, type Timer } from "../kit/timing/timer.ts";
import type { ClientFrame } from "./frames.ts";

/** A message that wants an answer. */
export type Request = Exclude<ClientFrame, { t: "hello" | "ack" }> & { readonly id: string };

interface OpenRequest {
  readonly frame: Request;
  readonly resolve: (frame: unknown) => void;
  readonly reject: (error: SluiceError) => void;
  readonly timer: Timer;
  /** The host process it was sent to; undefined while it waits for a connection. */
  boot?: string;
}

export interface RequestLimits {
  /** Messages that may wait while there is no connection. */
  readonly queue: number;
  /** Milliseconds until an answer must have come. */
  readonly timeout: number;
}

/** Messages that want an answer, from the asking to the answer, over as many connections as it takes. */
export class Requests {
  readonly #limits: RequestLimits;
  readonly #send: (frame: ClientFrame) => string | undefined;
  /** In the order of asking. */
  readonly #pending = new Map<string, OpenRequest>();

  /** `send` returns the boot of the host it was sent to, or nothing while there is no connection; it may throw. */
  constructor(limits: RequestLimits, send: (frame: ClientFrame) => string | undefined) {
    this.#limits = limits;
    this.#send = send;
  }

  /** @throws (rejects) SluiceError of the host, or SLUICE_WIRE_TIMEOUT, _SEND, _CLOSED */
  ask<Answer>(frame: Request, most = this.#limits.timeout): Promise<Answer> {
    const timeout = Math.min(most, this.#limits.timeout);
    return new Promise((resolve, reject) => {
      const waiting = [...this.#pending.values()].filter(({ boot }) => boot === undefined).length;
      if (waiting >= this.#limits.queue) {
        reject(
          new SluiceError(
            "SLUICE_WIRE_SEND",
            `${plural(waiting, "message waits", "messages wait")} for a connection already`,
          ),
        );
        return;
      }
      const timer = startTimer(() => this.#expire(frame, timeout), timeout);
      const pending: OpenRequest = { frame, resolve: resolve as (frame: unknown) => void, reject, timer };
      this.#pending.set(frame.id, pending);
      this.#dispatch(pending);
    });
  }

  resolve(id: string, frame: unknown): void {
    this.#settle(id)?.resolve(frame);
  }

  reject(id: string, error: SluiceError): void {
    this.#settle(id)?.reject(error);
  }

  /** The connection is gone. What must not happen twice is given up, because it may have happened. */
  lost(): void {
    for (const [id, { frame, boot }] of this.#pending) {
      if (boot === undefined || (frame.t !== "input" && frame.t !== "interrupt")) continue;
      const message = `the connection ended before ${frame.t} was answered; it may have been done`;
      this.reject(id, new SluiceError("SLUICE_WIRE_CLOSED", message));
    }
  }

  /** There is a connection again, maybe to another host: what has no answer yet is sent once more. */
  resume(boot: string): void {
    for (const [id, pending] of this.#pending) {
      if (pending.frame.t === "open" && pending.boot !== undefined && pending.boot !== boot) {
        const message = "the host ended before it said whether the run had begun";
        this.reject(id, new SluiceError("SLUICE_RUN_LOST", message));
      } else {
        this.#dispatch(pending);
      }
    }
  }

  fail(error: SluiceError): void {
    for (const id of [...this.#pending.keys()]) this.reject(id, error);
  }

  #dispatch(pending: OpenRequest): void {
    try {
      pending.boot = this.#send(pending.frame) ?? pending.boot;
    } catch (error) {
      this.reject(pending.frame.id, SluiceError.from(error, "SLUICE_WIRE_SEND"));
    }
  }

  #expire(frame: Request, timeout: number): void {
    const message = `${frame.t} was not answered within ${timeout} ms`;
    this.reject(frame.id, new SluiceError("SLUICE_WIRE_TIMEOUT", message));
  }

  #settle(id: string): OpenRequest | undefined {
    const pending = this.#pending.get(id);
    pending?.timer.stop();
    this.#pending.delete(id);
    return pending;
  }
}
