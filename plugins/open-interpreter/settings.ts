import type { ModelRequest } from "../../core/contract/index.ts";
import type { OpenInterpreterConfig } from "./config.generated.ts";

export interface LmcPrompt {
  /** What was said before, in the server's own form. */
  readonly history: readonly LmcMessage[];
  /** What is said now. */
  readonly text: string;
}

export interface LmcMessage {
  readonly role: "user" | "assistant";
  readonly type: "message";
  readonly content: string;
}

/** A request in the server's words. Another model's words are a user's, led by its name. */
export function saidIn(request: ModelRequest): LmcPrompt {
  const messages = request.messages.map(({ role, name, text }) => ({
    role,
    type: "message" as const,
    content: name === undefined ? text : `${name}: ${text}`,
  }));
  const last = messages.at(-1);
  if (last?.role === "user") return { history: messages.slice(0, -1), text: last.content };
  return { history: messages, text: "Go on." };
}

/** Everything that is told before each message: what the server remembers of another answer counts no more. */
export function settingsFor(
  config: OpenInterpreterConfig,
  history: readonly LmcMessage[],
): Readonly<Record<string, unknown>> {
  const { model, apiKey, apiBase, temperature, maxTokens, contextWindow, system, instructions } = config;
  return {
    llm: {
      model,
      supports_functions: config.functions,
      // Pictures go to whoever reads our stream; asking the model about them is not for its server to decide.
      supports_vision: false,
      ...given({ api_key: apiKey, api_base: apiBase, temperature }),
      ...given({ max_tokens: maxTokens, context_window: contextWindow }),
    },
    auto_run: config.autoRun,
    disable_telemetry: true,
    messages: history,
    ...given({ system_message: system, custom_instructions: instructions }),
  };
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
