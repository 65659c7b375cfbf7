import type { FinishReason } from "../../../contract/model.ts";

/** What a provider's word for the end of an answer means: an end, or that there is no answer. */
export type FinishKind = FinishReason | "refusal" | "bad-call" | "failure" | "not-begun";

const words: readonly (readonly [FinishKind, string])[] = [
  ["stop", "stop end_turn stop_sequence eos eos_token complete completed end stopped"],
  [
    "length",
    "length max_tokens max_output_tokens max_token model_length max_length token_limit context_length " +
      "model_context_window_exceeded",
  ],
  ["tool", "tool tool_calls tool_call tool_use function_call function_calls"],
  [
    "filter",
    "content_filter content_filtered filter safety recitation blocklist prohibited_content spii language image_safety " +
      "sensitive",
  ],
  ["refusal", "refusal refused"],
  ["bad-call", "malformed_function_call unexpected_tool_call too_many_tool_calls malformed_response"],
  ["failure", "error failed network_error server_error"],
  // Ollama loads or unloads a model when it is asked nothing.
  ["not-begun", "load unload"],
];
const kinds: ReadonlyMap<string, FinishKind> = new Map(
  words.flatMap(([kind, list]) => list.split(" ").map((word) => [word, kind] as const)),
);

/** Words that nobody knows are an end of some other kind. */
export function finishKindOf(word: string): FinishKind {
  return kinds.get(word.trim().toLowerCase().replaceAll(/[-\s]/g, "_")) ?? "other";
}
