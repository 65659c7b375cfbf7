import { Observable } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission, EmissionOf, EventType, Usage } from "../contract/event.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { codeInstructions, toPrompt } from "./prompt.ts";
import type { Step } from "./step.ts";

export interface ModelStepOptions {
  /** Whether a sandbox follows, so that the model is told that its code will run. */
  readonly codeWanted: boolean;
  /** The sandbox that will run it: opened as soon as the model begins to write code. */
  readonly prewarm?: (turn: Parameters<Step>[0]) => void;
}

/** A model reads the conversation and answers. */
export function modelStep(id: string, options: ModelStepOptions): Step {
  return (turn) =>
    new Observable<Emission>((subscriber) => {
      const abort = new AbortController();
      const { scope, branch } = turn;
      const onCancel = () => abort.abort(scope.signal.reason);
      if (scope.signal.aborted) onCancel();
      scope.signal.addEventListener("abort", onCancel, { once: true });

      const emit = <Type extends EventType>(type: Type, data: EmissionOf<Type>["data"]) =>
        subscriber.next({ source: id, ...(branch === undefined ? {} : { branch }), type, data } as Emission);
      const writer = new AnswerWriter(emit, options.codeWanted, () => options.prewarm?.(turn));
      const messages = toPrompt(turn.conversation, id);
      let usage: Usage | undefined;
      let reason: EmissionOf<"model-end">["data"]["reason"] = "other";

      const activity = scope.running({
        stop: () => abort.abort(new SluiceError("SLUICE_RUN_CANCELLED", "the step was stopped")),
      });
      const model = scope.model(id);
      let from = scope.nextSeq();
      emit("model-start", { model: model.modelId });
      const subscription = model
        .generate(
          {
            system: options.codeWanted ? codeInstructions : "",
            messages,
            codeWanted: options.codeWanted,
            session: branch === undefined ? scope.session : `${scope.session}.${branch}`,
          },
          abort.signal,
        )
        .subscribe({
          next(event) {
            if (event.type === "finish") {
              usage = event.usage;
              reason = event.reason;
            } else if (event.type === "rewind") {
              writer.close();
              emit("rewind", { from, reason: event.reason });
              from = scope.nextSeq();
              emit("model-start", { model: model.modelId });
            } else if (event.type === "exec") {
              writer.close();
              emit(event.event.type, event.event.data);
            } else {
              writer.write(event);
            }
          },
          error(error: unknown) {
            writer.close();
            // A step that was told to stop has ended as asked; what it said until then stays.
            if (abort.signal.aborted) subscriber.complete();
            else subscriber.error(SluiceError.from(error, "SLUICE_MODEL_MALFORMED"));
          },
          complete() {
            writer.close();
            if (!usage && !abort.signal.aborted) {
              subscriber.error(
                new SluiceError("SLUICE_MODEL_INCOMPLETE", `the answer of ${id} stopped without its end`),
              );
              return;
            }
            if (usage) emit("model-end", { reason, usage });
            subscriber.complete();
          },
        });

      return () => {
        subscription.unsubscribe();
        activity[Symbol.dispose]();
        scope.signal.removeEventListener("abort", onCancel);
        abort.abort(new SluiceError("SLUICE_RUN_CANCELLED", "nobody reads the answer any more"));
        scope.bill(id, usage ?? estimate(messages, writer.characters));
      };
    });
}

/** Four characters to a token: a rough measure for answers whose provider told no usage, and marked so. */
function estimate(messages: readonly { readonly text: string }[], written: number): Usage {
  const read = messages.reduce((sum, message) => sum + message.text.length, 0);
  return { inputTokens: Math.ceil(read / 4), outputTokens: Math.ceil(written / 4), estimated: true };
}
