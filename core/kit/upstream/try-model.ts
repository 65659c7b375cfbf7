import { defaultIfEmpty, fromEvent, lastValueFrom, takeUntil, tap } from "rxjs";
import { SluiceError } from "../../contract/errors.ts";
import type { Model } from "../../contract/model.ts";
import type { ModelTrial } from "../../contract/operation.ts";
import { cutText } from "../text/cut-text.ts";

/** One short question, answered or not. */
export async function tryModel(model: Model, signal: AbortSignal): Promise<ModelTrial> {
  const begun = performance.now();
  let text = "";
  let firstToken: number | undefined;
  const ended = (error?: SluiceError): ModelTrial => ({
    text: cutText(text.replace(/\s+/g, " ").trim(), 60),
    ...(firstToken === undefined ? {} : { firstToken }),
    total: performance.now() - begun,
    ...(error === undefined ? {} : { error: error.toBody() }),
  });
  const request = {
    system: "Answer in one short sentence.",
    messages: [{ role: "user" as const, text: "Say hello." }],
    codeWanted: false,
  };
  const answer = model.generate(request, signal).pipe(
    takeUntil(fromEvent(signal, "abort")),
    tap((event) => {
      if (event.type !== "text-delta") return;
      firstToken ??= performance.now() - begun;
      text += event.text;
    }),
    defaultIfEmpty(undefined),
  );
  try {
    await lastValueFrom(answer);
    return signal.aborted
      ? ended(new SluiceError("SLUICE_MODEL_TIMEOUT", "the model did not answer in time"))
      : ended();
  } catch (error) {
    return ended(SluiceError.from(error));
  }
}
