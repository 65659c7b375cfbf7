import { cutText, printable, printableJson } from "../../core/kit/index.ts";
import { type RecordedEvent, type Recording, recordedLine } from "../execution/recording.ts";
import type { Outputs } from "../output/output.ts";
import { painter, plural } from "../output/style.ts";

export interface TapOutputOptions {
  /** Shows so many events, and no more. */
  readonly count: number | undefined;
  readonly json: boolean;
  readonly recording: Recording | undefined;
  /** Aborts when nothing more is to be shown. */
  readonly leaving: AbortSignal;
}

/** Host events that may wait for a slow reader. Those of runs wait in their journals. */
const mostWaiting = 1_000;

/** What is shown and recorded, one event after the other and no faster than it is read; what is not is counted. */
export class TapOutput {
  /** Resolves when as many are shown as were asked for, or nobody reads any more. */
  readonly #end = Promise.withResolvers<void>();
  readonly #outputs: Outputs;
  readonly #options: TapOutputOptions;
  readonly #left: Promise<void>;
  readonly #missed = { event: 0, run: 0 };
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #shown = 0;

  constructor(outputs: Outputs, options: TapOutputOptions) {
    this.#outputs = outputs;
    this.#options = options;
    this.#end.promise.catch(() => undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#left = promise;
    options.leaving.addEventListener("abort", () => resolve(), { once: true });
    outputs.stdout.gone.addEventListener("abort", () => this.#end.resolve(), { once: true });
  }

  get end(): Promise<void> {
    return this.#end.promise;
  }

  get over(): boolean {
    return this.#options.leaving.aborted || this.#outputs.stdout.gone.aborted || this.#shown === this.#options.count;
  }

  /** Something is not shown, and that will be said. */
  miss(count: number, what: "event" | "run"): void {
    this.#missed[what] += count;
  }

  /** Shows it when its turn comes; a host event that finds too many before it is left out. */
  offer(event: RecordedEvent): void {
    if (this.#waiting >= mostWaiting) {
      this.miss(1, "event");
      return;
    }
    this.#waiting += 1;
    void this.show(event).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Resolves when it has been taken. Resolves at once when nothing more is shown: then it was not. */
  show(event: RecordedEvent): Promise<void> {
    const shown = this.#turn.then(() => this.#write(event));
    this.#turn = shown.catch((error: unknown) => this.#end.reject(error));
    return Promise.race([this.#turn, this.#left]);
  }

  /** What was left out since it was last said. */
  async tellMissed(): Promise<void> {
    const { event, run } = this.#missed;
    this.#missed.event = 0;
    this.#missed.run = 0;
    const missed = [event && plural(event, "event"), run && plural(run, "run")].filter(Boolean).join(" and ");
    if (missed !== "") await this.#outputs.stderr.write(`[${missed} left out: they came too fast]\n`);
  }

  async #write(event: RecordedEvent): Promise<void> {
    if (this.over) {
      // Those that whoever asked for a number does not want are not missing.
      if (this.#shown !== this.#options.count) this.miss(1, "event");
      return;
    }
    await this.tellMissed();
    this.#shown += 1;
    await this.#options.recording?.write(event);
    await Promise.race([
      this.#outputs.stdout.write(this.#options.json ? recordedLine(event) : lineOf(event)),
      this.#left,
    ]);
    if (this.#shown === this.#options.count) this.#end.resolve();
  }
}

function lineOf(event: RecordedEvent): string {
  const paint = painter(process.stdout);
  const run = "run" in event ? ` ${printable(event.run)} ${event.seq}` : "";
  const name = paint("cyan", `${printable(event.source)}.${printable(event.type)}`);
  const data = printableJson(event.data);
  const shown = data.length > 160 ? `${cutText(data, 157)}...` : data;
  return `${paint("dim", printable(event.time.slice(11, 23)) + run)} ${name} ${shown}\n`;
}
