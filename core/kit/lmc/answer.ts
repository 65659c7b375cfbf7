import { SluiceError } from "../../contract/errors.ts";
import type { ModelEvent } from "../../contract/model.ts";
import { startTimer, type Timer } from "../timing/timer.ts";
import type { LmcConnection } from "./connection.ts";
import { serverError } from "./errors.ts";
import { isComplete, isError, type LmcFrame } from "./frames.ts";
import { LmcTranslator } from "./translator.ts";

/** Milliseconds. */
export interface LmcTimeouts {
  /** From the message to the first chunk. */
  readonly firstChunk: number;
  /** Between two chunks while the model speaks. */
  readonly idle: number;
  /** One program, from its start to its end. */
  readonly execution: number;
  /** The whole answer. */
  readonly total: number;
}

/** How an answer of an LMC server is read. */
export interface LmcAnswerOptions {
  readonly source: string;
  readonly timeouts: LmcTimeouts;
  readonly emit: (event: ModelEvent) => void;
  readonly container?: string;
  /** Aborts, with the reason, when the server itself is gone, which says more than a broken connection. */
  readonly gone?: AbortSignal;
  /** Whether an answer may be empty. Default: a `complete` before anything else is a former answer's, told twice. */
  readonly mayBeEmpty?: boolean;
}

/** What an answer of an LMC server came to. */
export interface LmcAnswer {
  /** Characters of text and code. */
  readonly characters: number;
  /** A program took too long: the answer is over, and what the server does now is not known. */
  readonly timedOut: boolean;
}

/** Milliseconds in which `complete` should follow an error. */
const errorTime = 2000;
/** Milliseconds in which it may turn out that with the connection the server is gone. */
const goneTime = 250;

/**
 * Says something and passes on the answer, up to `complete`. Whatever else ends it is an error, and then the connection
 * must not be used again: the rest of the answer may still come.
 *
 * @throws SluiceError SLUICE_MODEL_*, SLUICE_SANDBOX_LOST, or the signal's reason
 */
export async function lmcAnswer(
  connection: LmcConnection,
  text: string,
  options: LmcAnswerOptions,
  signal: AbortSignal,
): Promise<LmcAnswer> {
  const { gone } = options;
  const answer = new AnswerInProgress(connection, options);
  const abort = () => answer.fail(signal.reason);
  const leave = () => answer.fail(gone?.reason);
  signal.addEventListener("abort", abort, { once: true });
  gone?.addEventListener("abort", leave, { once: true });
  if (signal.aborted) abort();
  if (gone?.aborted) leave();
  try {
    return await answer.ask(text);
  } catch (error) {
    answer.translator.end(signal.aborted ? "killed" : "lost");
    throw error;
  } finally {
    answer[Symbol.dispose]();
    signal.removeEventListener("abort", abort);
    gone?.removeEventListener("abort", leave);
  }
}

/** An answer that comes. One time limit holds at each moment, and one for the whole answer. */
class AnswerInProgress implements Disposable {
  readonly translator: LmcTranslator;
  readonly #connection: LmcConnection;
  readonly #options: LmcAnswerOptions;
  readonly #timedOut = Promise.withResolvers<boolean>();
  readonly #total: Timer;
  #timer: Timer | undefined;
  #failure: SluiceError | undefined;
  #begun = false;

  constructor(connection: LmcConnection, options: LmcAnswerOptions) {
    const { container, emit, timeouts } = options;
    this.#connection = connection;
    this.#options = options;
    this.translator = new LmcTranslator({
      emit,
      now: () => performance.now(),
      ...(container === undefined ? {} : { container }),
    });
    this.#total = startTimer(() => this.#late("no complete answer", timeouts.total), timeouts.total);
    connection.onFrame = (frame, repeated) => this.#take(frame, repeated);
    connection.onClosed = () => this.#closed();
  }

  async ask(text: string): Promise<LmcAnswer> {
    const { firstChunk } = this.#options.timeouts;
    if (this.#connection.alive) this.#wait(firstChunk, () => this.#late("no answer began", firstChunk));
    else this.#closed();
    this.#connection.say(text);
    const timedOut = await this.#timedOut.promise;
    return { characters: this.translator.characters, timedOut };
  }

  fail(reason: unknown): void {
    this.#timedOut.reject(reason);
  }

  [Symbol.dispose](): void {
    this.#connection.onFrame = undefined;
    this.#connection.onClosed = undefined;
    this.#timer?.stop();
    this.#total.stop();
  }

  #take(frame: LmcFrame, repeated: boolean): void {
    if (isComplete(frame)) this.#complete(repeated);
    else if (isError(frame)) {
      this.#failure ??= serverError(this.#options.source, frame.content);
      this.#wait(errorTime, () => this.fail(this.#failure));
    } else {
      const executing = this.translator.executing;
      if (!this.translator.translate(frame)) return;
      this.#begun = true;
      // One program has one time, however much it prints.
      if (!executing || !this.translator.executing) this.#waitForMore();
    }
  }

  #complete(repeated: boolean): void {
    if (this.#failure) this.fail(this.#failure);
    else if (this.#begun || (this.#options.mayBeEmpty && !repeated)) {
      this.translator.end();
      this.#timedOut.resolve(false);
    }
  }

  #waitForMore(): void {
    const { execution, idle } = this.#options.timeouts;
    const end = () => {
      this.translator.end("timeout");
      this.#timedOut.resolve(true);
    };
    if (this.translator.executing) this.#wait(execution, end);
    else this.#wait(idle, () => this.#late("no further chunk came", idle));
  }

  #closed(): void {
    const broken = () =>
      this.fail(
        this.#failure ?? new SluiceError("SLUICE_MODEL_INCOMPLETE", `${this.#options.source}: the connection broke.`),
      );
    if (this.#options.gone) this.#wait(goneTime, broken);
    else broken();
  }

  #wait(milliseconds: number, then: () => void): void {
    this.#timer?.stop();
    this.#timer = startTimer(then, milliseconds);
  }

  #late(what: string, milliseconds: number): void {
    const message = `${this.#options.source}: ${what} within ${milliseconds / 1000} s.`;
    this.fail(new SluiceError("SLUICE_MODEL_TIMEOUT", message));
  }
}
