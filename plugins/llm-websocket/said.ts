import type { ModelRequest, PromptMessage } from "../../core/contract/index.ts";

export interface SessionInput {
  /** What was said before. */
  readonly history: { role: "user" | "assistant"; text: string }[];
  /** What is said now: the last of the user's words, or everything since the last answer. */
  readonly text: string;
}

/**
 * A request for a side that takes a history. Instructions stand before the first words, for there is no other place for
 * them; another model's words are led by its name.
 */
export function withHistory(request: ModelRequest): SessionInput {
  const messages = namedMessages(request);
  const last = messages.at(-1);
  const history = last?.role === "user" ? messages.slice(0, -1) : messages;
  const text = last?.role === "user" ? last.text : "Go on.";
  const first = history.find(({ role }) => role === "user");
  if (request.system === "") return { history, text };
  if (first === undefined) return { history, text: `${request.system}\n\n${text}` };
  return {
    history: history.map((each) => (each === first ? { ...each, text: `${request.system}\n\n${each.text}` } : each)),
    text,
  };
}

/** What is new to a side that remembers everything up to its last answer. */
export function sinceLastAnswer(request: ModelRequest): string {
  const messages = namedMessages(request);
  const from = lastAnswer(request) + 1;
  const told = messages.slice(from).map(({ text }) => text);
  const instructions = from === 0 && request.system !== "" ? [request.system] : [];
  return [...instructions, ...(told.length > 0 ? told : ["Go on."])].join("\n\n");
}

export function lastAnswer({ messages }: ModelRequest): number {
  return messages.findLastIndex(({ role }) => role === "assistant");
}

/** Pictures as files for the other host, whose histories hold words alone: earlier ones come with the last words. */
export function picturesSaid(messages: readonly PromptMessage[]): { path: string; base64: string }[] {
  return messages
    .flatMap(({ pictures = [] }) => pictures)
    .map(({ base64, mime, path }, index) => ({ path: path ?? `result-${index + 1}.${mime.split("/")[1]}`, base64 }));
}

/** The whole conversation as one text, for a side that has nothing of it and takes no history. */
export function transcript(request: ModelRequest): string {
  const { history, text } = withHistory(request);
  if (history.length === 0) return text;
  const lines = history.map((each) => `${each.role === "user" ? "User" : "You"}: ${each.text}`);
  return ["The conversation so far:", ...lines, `Now the user says:\n${text}`].join("\n\n");
}

function namedMessages({ messages }: ModelRequest): SessionInput["history"] {
  return messages.map(({ role, name, text }: PromptMessage) => ({
    role,
    text: name === undefined ? text : `${name}: ${text}`,
  }));
}
