import { Observable, type Observer, Subscriber } from "rxjs";
import { SluiceError } from "../../contract/errors.ts";
import { startTimer, type Timer } from "../../kit/timing/timer.ts";
import { asInstance } from "../guard/attribution.ts";
import { brokenContract, kindOf, type Party, thrownBy, tookTooLong } from "./fault.ts";

/**
 * Events that a stream may give before the event loop has its next turn. One that gives more never yields: nobody else
 * is served, and memory grows until the process ends.
 */
const largestBurst = 100_000;

export interface StreamCheck<T> {
  readonly party: Party;
  /** The method's name, for messages. */
  readonly step: string;
  readonly source: () => unknown;
  /** Looks at each value. @throws SluiceError where the contract forbids it */
  readonly check: (value: T) => void;
  /** What is missing when the stream completes. */
  readonly missing?: () => string | undefined;
  /** Milliseconds of silence that are too much; 0 for no bound. */
  readonly silence: number;
  /** Whether it waits for somebody outside, such as a person, so that its silence is not its own. */
  readonly waits?: () => boolean;
}

/** The stream of a plugin as a run may have it: whatever the plugin does, it ends by itself and with a typed error. */
export function checkedStream<T>(options: StreamCheck<T>): Observable<T> {
  return new Observable<T>((reader) => {
    const checked = new CheckedSubscriber(options, reader);
    checked.open();
    return () => checked.close();
  });
}

class CheckedSubscriber<T> extends Subscriber<T> {
  readonly #options: StreamCheck<T>;
  readonly #reader: Observer<T>;
  #burst = 0;
  #resting = false;
  #over = false;
  #heardAt = performance.now();
  #timer: Timer | undefined;
  readonly #onFailed = () => this.#fail(SluiceError.from(this.#options.party.failed.reason));

  constructor(options: StreamCheck<T>, reader: Observer<T>) {
    super();
    this.#options = options;
    this.#reader = reader;
  }

  open(): void {
    const { party, step, source, silence } = this.#options;
    if (silence > 0) this.#listen(silence);
    party.failed.addEventListener("abort", this.#onFailed);
    if (party.failed.aborted) this.#onFailed();
    if (this.#over) return;
    asInstance(party.id, () => {
      try {
        const stream = source();
        if (isObservable(stream)) {
          stream.subscribe(this);
          return;
        }
        if (stream instanceof Promise) stream.catch(() => undefined);
        this.#fail(brokenContract(party, step, `returned ${kindOf(stream)}, and not an Observable`));
      } catch (thrown) {
        const error = thrownBy(party, step, thrown);
        // A stream that ends at once is left before it has said how to leave it.
        if (this.#over) party.report(error);
        else this.#fail(error);
      }
    });
  }

  /** Lets go of the plugin's stream; what it throws then harms nobody. */
  close(): void {
    this.#over = true;
    this.#timer?.stop();
    const { party, step } = this.#options;
    party.failed.removeEventListener("abort", this.#onFailed);
    try {
      asInstance(party.id, () => this.unsubscribe());
    } catch (thrown) {
      party.report(thrownBy(party, `${step}, when it was left,`, thrown));
    }
  }

  protected override _next(value: T): void {
    if (this.#over) return;
    this.#heardAt = performance.now();
    this.#burst += 1;
    if (this.#burst > largestBurst) {
      const { party, step } = this.#options;
      const error = brokenContract(party, step, `gave ${largestBurst} events without a pause`);
      this.#fail(error);
      // Into the loop that gives them: nothing else ends one that looks at nothing.
      throw error;
    }
    this.#rest();
    try {
      this.#options.check(value);
    } catch (thrown) {
      this.#fail(thrownBy(this.#options.party, this.#options.step, thrown));
      return;
    }
    this.#reader.next(value);
  }

  protected override _error(thrown: unknown): void {
    this.#fail(thrownBy(this.#options.party, this.#options.step, thrown));
  }

  protected override _complete(): void {
    if (this.#over) return;
    const { party, step, missing } = this.#options;
    const what = missing?.();
    if (what !== undefined) {
      this.#fail(brokenContract(party, step, what));
      return;
    }
    this.#over = true;
    this.#timer?.stop();
    this.#reader.complete();
    this.close();
  }

  #fail(error: SluiceError): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.stop();
    this.#reader.error(error);
    this.close();
  }

  /** One look at the end of each turn that brought something. */
  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    setImmediate(() => {
      this.#burst = 0;
      this.#resting = false;
    });
  }

  #listen(silence: number): void {
    const silent = performance.now() - this.#heardAt;
    this.#timer = startTimer(
      () => {
        const { party, step, waits } = this.#options;
        if (waits?.() === true) this.#heardAt = performance.now();
        if (performance.now() - this.#heardAt < silence) this.#listen(silence);
        else this.#fail(tookTooLong(party, step, "was silent", silence));
      },
      Math.max(1, silence - silent),
    );
  }
}

/** Also those of another copy of rxjs. */
function isObservable(value: unknown): value is Observable<never> {
  return typeof (value as { subscribe?: unknown } | null | undefined)?.subscribe === "function";
}
