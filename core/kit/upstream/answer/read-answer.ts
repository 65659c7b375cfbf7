import type { Clock } from "../../../contract/tokens.ts";
import { errorOfNoAnswer } from "../upstream-failure.ts";
import { tellsFailure } from "../upstream-words.ts";
import { type BodyItem, BodyReader } from "./body.ts";
import type { AnswerFormat, AnswerReader } from "./format.ts";
import type { JsonObject } from "./json.ts";
import type { AnswerErrors } from "./no-answer.ts";
import type { AnswerReading } from "./reading.ts";

export interface AnswerContext {
  readonly format: AnswerFormat;
  readonly errors: AnswerErrors;
  readonly clock: Clock;
  /** Aborts the request. */
  readonly upstream: AbortController;
  /** Called for each piece that the model said; pings and comments are none. */
  readonly token: () => void;
}

/** Milliseconds that a stream is given for its usage after the answer's end, and to close by itself. */
const endTime = 1_000;
const drainTime = 250;

type BytesReader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Reads the body of a response into `reading`, up to the provider's own end. Once that is told the answer stands, whatever
 * becomes of the socket. @throws SluiceError for a body without an end, and for failures that it tells
 */
export async function readAnswer(response: Response, reading: AnswerReading, context: AnswerContext): Promise<void> {
  const { errors, upstream, clock } = context;
  const type = response.headers.get("content-type") ?? undefined;
  const body = new BodyReader(errors.source);
  const teller = new Teller(reading, context);
  const bytes = response.body?.getReader() as BytesReader | undefined;
  // A read that waits ends at once; without it a server that heeds no signal would hold it.
  const leave = () => void bytes?.cancel(upstream.signal.reason).catch(() => {});
  if (upstream.signal.aborted) leave();
  upstream.signal.addEventListener("abort", leave, { once: true });
  let late: Promise<void> | undefined;
  const given = new AbortController();
  try {
    while (bytes && !reading.isOver) {
      if (reading.finished) late ??= clock.sleep(endTime, given.signal).catch(() => {});
      const read = bytes.read();
      const next = await (late ? Promise.race([read, late]) : read);
      upstream.signal.throwIfAborted();
      if (next === undefined) break;
      const items = next.done ? body.end() : body.write(next.value);
      for (const item of items) teller.take(item);
      if (next.done) break;
    }
  } catch (failure) {
    if (!reading.finished || upstream.signal.aborted) throw failure;
  } finally {
    given.abort("read");
  }
  if (!reading.finished)
    throw reading.started
      ? errorOfNoAnswer(undefined, teller.words, errors, "text")
      : errorOfNoAnswer(teller.passedOver, body.junk || teller.words, errors, type);
  if (bytes) void drain(bytes, upstream, clock);
}

/** Takes the values of a body to the reader of the provider's interface. */
class Teller {
  readonly #reading: AnswerReading;
  readonly #context: AnswerContext;
  readonly #read: AnswerReader;
  /** The last value that said nothing, for a body that turns out to be no answer. */
  passedOver: JsonObject | undefined;
  /** The first words between the values: somebody's ping, unless no answer follows. */
  words = "";

  constructor(reading: AnswerReading, context: AnswerContext) {
    this.#reading = reading;
    this.#context = context;
    this.#read = context.format();
  }

  take(item: BodyItem): void {
    const reading = this.#reading;
    if (reading.isOver) return;
    if (item.kind === "done") reading.over();
    else if (item.kind === "words") this.#takeWords(item.text, item.name);
    else this.#value(item.value, item.name);
  }

  #value(value: JsonObject, name: string): void {
    const reading = this.#reading;
    if (name === "error" || tellsFailure(value)) {
      // What comes after the end takes nothing back.
      if (!reading.finished) reading.fail(value);
      return;
    }
    const before = reading.characters;
    this.#read(value, reading);
    if (reading.characters > before) this.#context.token();
    else if (!reading.finished) this.passedOver = value;
  }

  #takeWords(text: string, name: string): void {
    if (this.#reading.finished || /^\s*(null|\[\]|-?\d+|"[^"]*")\s*$/.test(text)) return;
    if (/ping|heartbeat|keep/i.test(name)) return;
    // What begins as a value does was one, and is broken.
    if (/^\s*[[{]/.test(text)) throw errorOfNoAnswer(undefined, text.trim(), this.#context.errors, "text");
    if (!/^\W*(ping|heartbeat|keep)/i.test(text)) this.words ||= text.trim();
  }
}

async function drain(bytes: BytesReader, upstream: AbortController, clock: Clock): Promise<void> {
  const ended = new AbortController();
  const rest = (async () => {
    while (!(await bytes.read()).done);
  })();
  const late = clock.sleep(drainTime, ended.signal).then(() => upstream.abort());
  await Promise.race([rest, late]).catch(() => {});
  ended.abort("drained");
  await late.catch(() => {});
}
