import type { FinishReason, ModelEvent } from "../../core/index.ts";
import { BoundedText } from "./bounded-text.ts";
import type { LlmLocalConfig } from "./config.generated.ts";
import type { Loaded } from "./engine.ts";
import type { Prompt } from "./prompting.ts";

/** One answer. What the conversation shares with the one before is not evaluated again. */
export async function generate(
  { chat, sequence }: Loaded,
  prompt: Prompt,
  config: Pick<LlmLocalConfig, "maxTokens" | "temperature" | "seed">,
  emit: (event: ModelEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const bounded = new BoundedText(prompt.until);
  const before = sequence.tokenMeter.getState();
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  const pass = (text: string) => {
    if (text !== "" && !signal.aborted) emit({ type: "text-delta", text });
  };
  pass(prompt.opening);
  try {
    const result = await chat.generateResponse(
      [...prompt.history, { type: "model", response: prompt.opening === "" ? [] : [prompt.opening] }],
      {
        signal: stop.signal,
        stopOnAbortSignal: true,
        maxTokens: config.maxTokens,
        temperature: config.temperature,
        seed: config.seed,
        onTextChunk: (text) => {
          pass(bounded.write(text));
          if (bounded.ended) abort();
        },
      },
    );
    signal.throwIfAborted();
    const reason: FinishReason = result.metadata.stopReason === "maxTokens" && !bounded.ended ? "length" : "stop";
    pass(bounded.end());
    const used = sequence.tokenMeter.diff(before);
    emit({
      type: "finish",
      reason,
      usage: { inputTokens: used.usedInputTokens, outputTokens: used.usedOutputTokens },
    });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
