import { defaultIfEmpty, fromEvent, lastValueFrom, takeUntil, tap } from "rxjs";
import { type ErrorBody, type Model, SluiceError } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";

export interface Trial {
  /** The answer, cut to one line. */
  readonly text: string;
  /** Milliseconds to the first piece of text, and to the end. */
  readonly firstToken?: number;
  readonly total: number;
  readonly error?: ErrorBody;
}

/** One short question, answered or not. */
export async function tryModel(model: Model, signal: AbortSignal): Promise<Trial> {
  const begun = performance.now();
  let text = "";
  let firstToken: number | undefined;
  const ended = (error?: ErrorBody): Trial => ({
    text: cutText(text.replace(/\s+/g, " ").trim(), 60),
    firstToken,
    total: performance.now() - begun,
    error,
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
    return ended();
  } catch (error) {
    return ended(SluiceError.from(error).toBody());
  }
}
