import type { LanguageModelV4CallOptions, LanguageModelV4Message } from "@ai-sdk/provider";
import type { ModelRequest, PromptMessage } from "../contract/model.ts";
import { executeTool, toolInstructions } from "./execute-tool.ts";
import type { RemoteModelConfig } from "./remote-config.ts";

/** A request and an instance's options as the AI SDK takes them. */
export function toCallOptions(
  request: ModelRequest,
  config: RemoteModelConfig,
  provider: { readonly name: string; readonly defaults?: Readonly<Record<string, unknown>> },
): LanguageModelV4CallOptions {
  const tools = request.codeWanted && config.tools === "auto";
  const system = [request.system, config.system ?? "", tools ? toolInstructions : ""].filter(
    (text) => text.trim() !== "",
  );
  return {
    prompt: [
      ...(system.length > 0 ? [{ role: "system" as const, content: system.join("\n\n") }] : []),
      ...toMessages(request.messages),
    ],
    ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
    ...(config.maxTokens === undefined ? {} : { maxOutputTokens: config.maxTokens }),
    ...(config.seed === undefined ? {} : { seed: config.seed }),
    ...(config.reasoning === undefined ? {} : { reasoning: config.reasoning }),
    ...(tools ? { tools: [executeTool], toolChoice: { type: "auto" as const } } : {}),
    providerOptions: { [provider.name]: { ...provider.defaults, ...config.options } as Record<string, never> },
  };
}

/**
 * Roles alternate and a user's message comes last, since several providers refuse anything else. Another model's words
 * are a user's, led by its name.
 */
function toMessages(messages: readonly PromptMessage[]): LanguageModelV4Message[] {
  const merged: { role: "user" | "assistant"; text: string }[] = [];
  for (const message of messages) {
    const text = message.name === undefined ? message.text : `${message.name}: ${message.text}`;
    if (text.trim() === "") continue;
    const last = merged.at(-1);
    if (last?.role === message.role) last.text += `\n\n${text}`;
    else merged.push({ role: message.role, text });
  }
  if (merged.at(-1)?.role !== "user") merged.push({ role: "user", text: "Go on." });
  return merged.map(({ role, text }) => ({ role, content: [{ type: "text", text }] }));
}
