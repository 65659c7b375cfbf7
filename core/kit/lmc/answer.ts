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
  const { source, timeouts } = options;
  const translator = new LmcTranslator({
    emit: options.emit,
    now: () => performance.now(),
    ...(options.container === undefined ? {} : { container: options.container }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const late = (name: string, milliseconds: number) =>
    new SluiceError("SLUICE_MODEL_TIMEOUT", `${source}: ${name} within ${milliseconds / 1000} s.`);
  let failure: SluiceError | undefined;
  let begun = false;

  let timer: Timer | undefined;
  const wait = (milliseconds: number, then: () => void) => {
    timer?.stop();
    timer = startTimer(then, milliseconds);
  };
  const waitForMore = () => {
    if (translator.executing) {
      wait(timeouts.execution, () => {
        translator.end("timeout");
        resolve(true);
      });
    } else {
      wait(timeouts.idle, () => reject(late("no further chunk came", timeouts.idle)));
    }
  };

  const complete = (repeated: boolean) => {
    if (failure) reject(failure);
    else if (begun || (options.mayBeEmpty && !repeated)) {
      translator.end();
      resolve(false);
    }
  };
  connection.onFrame = (frame: LmcFrame, repeated: boolean) => {
    if (isComplete(frame)) complete(repeated);
    else if (isError(frame)) {
      failure ??= serverError(source, frame.content);
      wait(errorTime, () => reject(failure));
    } else {
      const executing = translator.executing;
      if (!translator.translate(frame)) return;
      begun = true;
      // One program has one time, however much it prints.
      if (!executing || !translator.executing) waitForMore();
    }
  };
  const total = startTimer(() => reject(late("no complete answer", timeouts.total)), timeouts.total);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const gone = () => reject(options.gone?.reason);
  const broken = () =>
    reject(failure ?? new SluiceError("SLUICE_MODEL_INCOMPLETE", `${source}: the connection broke.`));
  options.gone?.addEventListener("abort", gone, { once: true });
  if (options.gone?.aborted) gone();
  connection.onClosed = () => {
    if (options.gone) wait(goneTime, broken);
    else broken();
  };
  if (!connection.alive) connection.onClosed();

  try {
    if (connection.alive) wait(timeouts.firstChunk, () => reject(late("no answer began", timeouts.firstChunk)));
    connection.say(text);
    const timedOut = await promise;
    return { characters: translator.characters, timedOut };
  } catch (error) {
    translator.end(signal.aborted ? "killed" : "lost");
    throw error;
  } finally {
    connection.onFrame = undefined;
    connection.onClosed = undefined;
    timer?.stop();
    total.stop();
    signal.removeEventListener("abort", abort);
    options.gone?.removeEventListener("abort", gone);
  }
}
