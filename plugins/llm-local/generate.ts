import type { FinishReason, ModelEvent } from "../../core/contract/index.ts";
import { BoundedText } from "./bounded-text.ts";
import type { LlmLocalConfig } from "./config.generated.ts";
import type { LlamaModelHandle } from "./engine.ts";
import { closingOf, codeGrammar } from "./grammar.ts";
import type { LlamaPrompt } from "./prompting.ts";

/** One answer. What the conversation shares with the one before is not evaluated again. */
export async function generate(
  { chat, sequence, grammar }: LlamaModelHandle,
  prompt: LlamaPrompt,
  config: Pick<LlmLocalConfig, "maxTokens" | "temperature" | "seed" | "grammar">,
  emit: (event: ModelEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const bounded = new BoundedText(prompt.until);
  const before = sequence.tokenMeter.getState();
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  let answer = "";
  const pass = (text: string) => {
    answer += text;
    if (text !== "" && !signal.aborted) emit({ type: "text-delta", text });
  };
  const constrained = config.grammar === "code" && prompt.codeWanted;
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
        ...(constrained ? { grammar: await grammar(codeGrammar(prompt.until)) } : {}),
        onTextChunk: (text) => {
          pass(bounded.write(text));
          if (bounded.ended) abort();
        },
      },
    );
    signal.throwIfAborted();
    const reason: FinishReason = result.metadata.stopReason === "maxTokens" && !bounded.ended ? "length" : "stop";
    const open = !bounded.ended && prompt.until === "code";
    pass(bounded.end());
    const closing = constrained ? closingOf(answer) : "";
    pass(closing);
    // The block is closed for its readers; nobody is to run it.
    if (reason === "length" && (open || closing !== "")) {
      emit({ type: "call-error", index: 0, message: "the block was cut off", cut: true, arguments: "" });
    }
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
