import { type ErrorBody, type EventOf, type RunEvent, SluiceError } from "../../core/contract/index.ts";
import { settledParts, Transcript, TranscriptText } from "../../core/kit/index.ts";
import { RunVerdict } from "../execution/exit-code.ts";

/** What one model has said to the question, and what that took; grows with the events of its run. */
export class ComparedAnswer {
  /** Its id in the profile. */
  readonly id: string;
  readonly #verdict = new RunVerdict();
  #model = "";
  readonly #transcript = new Transcript();
  #began: number | undefined;
  #last: number | undefined;
  #firstToken: number | undefined;
  #end: EventOf<"run-end">["data"] | undefined;
  #error: Pick<ErrorBody, "code" | "message" | "cure"> | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Times are those of the events, so that a slow terminal is not held against a model. */
  observe(event: RunEvent): void {
    this.#verdict.observe(event);
    this.#transcript.push(event);
    this.#last = Date.parse(event.time);
    this.#began ??= this.#last;
    switch (event.type) {
      case "model-start":
        this.#model = event.data.model;
        break;
      case "reasoning-delta":
      case "text-delta":
      case "code-delta":
        this.#firstToken ??= this.total;
        break;
      case "error":
        this.#error = event.data;
        break;
      case "run-end":
        this.#end = event.data;
        break;
      default:
    }
  }

  /** The run could not be opened, or its events could not be read. */
  fail(error: unknown): void {
    this.#error = SluiceError.from(error).toBody();
  }

  get text(): string {
    const text = new TranscriptText({ show: "code" });
    return settledParts(this.#transcript.root)
      .map((part) => text.part(part))
      .join("");
  }

  /** The provider's name of the model; empty until it is asked. */
  get model(): string {
    return this.#model;
  }

  get error(): Pick<ErrorBody, "code" | "message" | "cure"> | undefined {
    return this.#error;
  }

  get over(): boolean {
    return this.#end !== undefined || this.#error !== undefined;
  }

  /** How the run ended, `failed` where its end was never seen. */
  get status(): EventOf<"run-end">["data"]["status"] {
    return this.#end?.status ?? "failed";
  }

  get exitCode(): number {
    return this.#verdict.exitCode;
  }

  /** Milliseconds from the asking to the first piece of text, code or reasoning. */
  get firstToken(): number | undefined {
    return this.#firstToken;
  }

  /** Milliseconds from the asking to the newest event. */
  get total(): number | undefined {
    return this.#last === undefined || this.#began === undefined ? undefined : this.#last - this.#began;
  }

  get usage(): EventOf<"run-end">["data"]["usage"] | undefined {
    return this.#end?.usage;
  }

  /** US dollars; null when the price is not known, undefined before the end. */
  get cost(): number | null | undefined {
    return this.#end?.cost.amount;
  }
}
