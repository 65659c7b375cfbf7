import type { SecretMask } from "../config/report/mask.ts";
import { SluiceError } from "../contract/errors.ts";
import type { EventData } from "../contract/event.ts";
import type { ProgramInput } from "../contract/run.ts";
import { StdinRecord } from "./stdin-record.ts";

/** Bytes of the beginning that are kept for branches whose program starts later. */
const KEPT = 1024 * 1024;

type Step = { readonly bytes: Uint8Array; readonly place: Place } | undefined;

/** A place in the stream; what comes next is read once, however many readers stand there. */
class Place {
  #next: Promise<Step> | undefined;

  next(read: () => Promise<IteratorResult<Uint8Array>>): Promise<Step> {
    this.#next ??= read().then((result) => (result.done ? undefined : { bytes: result.value, place: new Place() }));
    return this.#next;
  }
}

/** The standard input of a run's program. Each branch of the flow reads the whole of it. */
export class RunStdin {
  readonly #source: AsyncIterator<Uint8Array>;
  #first: Place | undefined = new Place();
  #read = 0;
  readonly #record = new StdinRecord();
  /** A text is known as a whole, whether anybody reads it or not. */
  readonly #isKnown: boolean;

  constructor(source: NonNullable<ProgramInput["stdin"]>) {
    this.#isKnown = typeof source === "string";
    const stream = typeof source === "string" ? once(new TextEncoder().encode(source)) : source;
    this.#source = stream[Symbol.asyncIterator]();
    if (typeof source !== "string") return;
    this.#record.add(new TextEncoder().encode(source));
    this.#record.end();
  }

  /** What `run-end` says of it. */
  told(mask: SecretMask): EventData["run-end"]["stdin"] {
    return this.#record.told(mask);
  }

  /** From the beginning. @throws SluiceError SLUICE_USAGE when that is no longer there */
  open(): AsyncIterable<Uint8Array> {
    if (this.#first) return this.#from(this.#first);
    throw new SluiceError("SLUICE_USAGE", "the beginning of the standard input has been read by another program", {
      cure: "Let one program read it, or give less than 1 MiB.",
    });
  }

  /** Nobody reads any more. */
  close(): void {
    this.#first = undefined;
    this.#source.return?.().catch(() => undefined);
  }

  async *#from(first: Place): AsyncIterable<Uint8Array> {
    for (let place = first; ; ) {
      const step = await place.next(() => this.#pull());
      if (step === undefined) return;
      yield step.bytes;
      place = step.place;
    }
  }

  async #pull(): Promise<IteratorResult<Uint8Array>> {
    const result = await this.#source.next();
    if (!this.#isKnown && result.done) this.#record.end();
    if (!this.#isKnown && !result.done) this.#record.add(result.value);
    if (!result.done) this.#read += result.value.length;
    if (this.#read > KEPT) this.#first = undefined;
    return result;
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
