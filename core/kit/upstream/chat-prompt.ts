import type { LanguageModelV4CallOptions, LanguageModelV4FilePart, LanguageModelV4Message } from "@ai-sdk/provider";
import type { Picture } from "../../contract/conversation.ts";
import type { ModelRequest, PromptMessage } from "../../contract/model.ts";
import { goOn } from "../text/go-on.ts";
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
      ...(system.length > 0 ? [{ role: "system" as const, content: system.join("\n\n").toWellFormed() }] : []),
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
 * Roles alternate, and a user's message comes first and last, since several providers refuse anything else. Another model's words
 * are a user's, led by its name.
 */
function toMessages(messages: readonly PromptMessage[]): LanguageModelV4Message[] {
  const merged: { role: "user" | "assistant"; text: string; pictures: readonly Picture[] }[] = [];
  for (const { role, name, text: said, pictures = [] } of messages) {
    const text = (name === undefined ? said : `${name}: ${said}`).toWellFormed();
    if (text.trim() === "" && pictures.length === 0) continue;
    const last = merged.at(-1);
    if (last?.role === role) {
      last.text += `\n\n${text}`;
      last.pictures = [...last.pictures, ...pictures];
    } else merged.push({ role, text, pictures });
  }
  if (merged.at(-1)?.role !== "user") merged.push({ role: "user", text: goOn, pictures: [] });
  if (merged[0]?.role !== "user") merged.unshift({ role: "user", text: goOn, pictures: [] });
  return merged.map(({ role, text, pictures }) => {
    const words = { type: "text" as const, text };
    if (role === "assistant") return { role, content: [words] };
    // Pictures first: Anthropic's and Google's guides to images advise so, and it is all one to the others.
    return { role, content: [...pictures.map(toFile), ...(text === "" ? [] : [words])] };
  });
}

function toFile({ mime, base64 }: Picture): LanguageModelV4FilePart {
  return { type: "file", mediaType: mime, data: { type: "data", data: base64 } };
}
