import { Observable } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Usage } from "../contract/event.ts";
import type { Model, ModelEvent, ModelRequest } from "../contract/model.ts";

/** What the fake says to one request: its text in pieces, then an error, silence, or the end. */
export interface FakeAnswer {
  readonly pieces: readonly string[];
  readonly error?: SluiceError;
  /** Says nothing more after its pieces, until it is cancelled. */
  readonly hang?: boolean;
}

/** A model for unit tests: it answers by the number of times it was asked, and counts what happens to its requests. */
export class FakeModel implements Model {
  readonly modelId = "fake";
  readonly requests: ModelRequest[] = [];
  /** Requests that were given up before their end. */
  cancelled = 0;
  readonly #answers: readonly (string | FakeAnswer)[];

  constructor(answers: readonly (string | FakeAnswer)[]) {
    this.#answers = answers;
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    return new Observable((subscriber) => {
      const given = this.#answers[this.requests.length];
      this.requests.push(request);
      if (given === undefined) {
        subscriber.error(new SluiceError("SLUICE_MODEL_SCRIPT", "the fake model has no further answer"));
        return;
      }
      const answer: FakeAnswer = typeof given === "string" ? { pieces: [given] } : given;
      let over = false;
      const abort = () => subscriber.error(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      queueMicrotask(() => {
        for (const text of answer.pieces) {
          if (subscriber.closed) return;
          subscriber.next({ type: "text-delta", text });
        }
        if (answer.hang) return;
        over = true;
        if (answer.error) {
          subscriber.error(answer.error);
          return;
        }
        subscriber.next({
          type: "finish",
          reason: "stop",
          usage: { inputTokens: 1, outputTokens: answer.pieces.length },
        });
        subscriber.complete();
      });
      return () => {
        signal.removeEventListener("abort", abort);
        if (!over) this.cancelled += 1;
      };
    });
  }

  cost(_usage: Usage): number {
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
