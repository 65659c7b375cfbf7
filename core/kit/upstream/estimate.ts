import type { Usage } from "../../contract/event.ts";
import type { ModelRequest } from "../../contract/model.ts";

/** Characters per token of English text and code, a rule of thumb that providers give themselves. */
const charactersPerToken = 4;

/** What a picture of ordinary size costs at most at Anthropic, where it costs more than elsewhere. */
const tokensPerPicture = 1_600;

/** Tokens of a prompt, roughly. */
export function estimatePrompt({ system, messages }: Pick<ModelRequest, "system" | "messages">): number {
  const characters = messages.reduce((sum, { text }) => sum + text.length, system.length);
  const pictures = messages.reduce((sum, { pictures: shown = [] }) => sum + shown.length, 0);
  return toTokens(characters) + pictures * tokensPerPicture;
}

/** What a call cost in tokens where the provider does not tell; marked as estimated. */
export function estimateUsage(request: ModelRequest, outputCharacters: number): Usage {
  return { inputTokens: estimatePrompt(request), outputTokens: toTokens(outputCharacters), estimated: true };
}

function toTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}
