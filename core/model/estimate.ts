import type { Usage } from "../contract/event.ts";
import type { ModelRequest } from "../contract/model.ts";

/** Characters per token of English text and code, a rule of thumb that providers give themselves. */
const charactersPerToken = 4;

/** What a call cost in tokens where the provider does not tell; marked as estimated. */
export function estimateUsage(request: ModelRequest, outputCharacters: number): Usage {
  const input = request.messages.reduce((sum, message) => sum + message.text.length, request.system.length);
  return { inputTokens: toTokens(input), outputTokens: toTokens(outputCharacters), estimated: true };
}

function toTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}
