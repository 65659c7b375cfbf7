import type { Conversation, ExecutionMessage, Message } from "../contract/conversation.ts";
import type { PromptMessage } from "../contract/model.ts";
import { goOn } from "../kit/text/go-on.ts";

/** The source of answers in a history given from outside: each model takes them for its own. */
export const anyModel = "";

/** What a model is told when a sandbox follows it in the flow. */
export const codeInstructions = [
  "You solve tasks by writing code that is run for you in an isolated sandbox.",
  "To run code, write it in a fenced block that names its language (python, javascript or bash), such as:",
  "```python\nprint(6 * 7)\n```",
  "The block is run when your answer ends, and its output is given to you. Print whatever you need to see.",
  "Variables and files stay from one block to the next. There may be no network.",
  "When the task is done, answer in plain words without any fenced block.",
].join("\n");

export interface ShownTo {
  /** Whether it is shown pictures, which are named by their paths in any case. */
  readonly vision?: boolean;
  /** Takes secrets out of what programs printed: providers are not told what people are not shown. */
  readonly mask?: (text: string) => string;
}

/**
 * The conversation as the model `self` sees it: its own words are the assistant's. Other models' words are a user's
 * with a name. What programs printed is a user's. The first words are a user's, and every text is one that encoders
 * take, whatever a client said. Neighbours of one role and name are joined, since several providers refuse two messages
 * of one role in a row.
 */
export function toPrompt(conversation: Conversation, self: string, shown: ShownTo = {}): PromptMessage[] {
  const { vision = false, mask = (text) => text } = shown;
  const messages: PromptMessage[] = [];
  for (const message of conversation.messages) {
    const said = toMessage(message, self, mask);
    const told = { ...said, text: said.text.toWellFormed() };
    if (told.text === "") continue;
    const pictures = vision && "pictures" in message ? (message.pictures ?? []) : [];
    const next = pictures.length > 0 ? { ...told, pictures } : told;
    const last = messages.at(-1);
    if (last && last.role === next.role && last.name === next.name) {
      const all = [...(last.pictures ?? []), ...pictures];
      const text = `${last.text}\n\n${next.text}`;
      messages[messages.length - 1] = { ...last, text, ...(all.length > 0 ? { pictures: all } : {}) };
    } else {
      messages.push(next);
    }
  }
  // Several interfaces refuse a history that begins with an answer, as what is left of a long one may.
  return messages[0]?.role === "assistant" ? [{ role: "user", text: goOn }, ...messages] : messages;
}

function toMessage(message: Message, self: string, mask: (text: string) => string): PromptMessage {
  switch (message.role) {
    case "user":
      return { role: "user", text: withFiles(message.text, message.files, message.code) };
    case "model":
      if (message.source === self || message.source === anyModel) return { role: "assistant", text: message.text };
      return { role: "user", name: message.source, text: message.text };
    case "note":
      return { role: "user", text: message.text };
    case "execution":
      return { role: "user", text: mask(describeExecution(message)) };
  }
}

function withFiles(
  text: string,
  files: readonly string[] | undefined,
  code: { readonly language: string; readonly code: string } | undefined,
): string {
  const parts = [text];
  if (code) parts.push(`\`\`\`${code.language}\n${code.code}\n\`\`\``);
  if (files && files.length > 0) parts.push(`Files in the working directory: ${files.join(", ")}`);
  return parts.filter((part) => part !== "").join("\n\n");
}

function describeExecution(message: ExecutionMessage): string {
  const parts: string[] = [];
  const stdout = message.stdout.trimEnd();
  const stderr = message.stderr.trimEnd();
  if (stdout !== "") parts.push(stdout);
  for (const result of message.results) parts.push(result);
  if (stderr !== "") parts.push(`On standard error:\n${stderr}`);
  const output = parts.length > 0 ? parts.join("\n") : "(it printed nothing)";
  const edited =
    message.edited === undefined ? "" : `The code was changed before it ran. This is what ran:\n${message.edited}\n\n`;
  return `${edited}${headline(message)}\n${output}`;
}

function headline(message: ExecutionMessage): string {
  switch (message.status) {
    case "exited":
      return message.exitCode === 0
        ? "The code ran. Its output:"
        : `The code failed with exit code ${message.exitCode}. Its output:`;
    case "timeout":
      return "The code was stopped because it took too long. Its output until then:";
    case "oom":
      return "The code was stopped because it used too much memory. Its output until then:";
    default:
      return `The code ended before it was done (${message.status}). Its output until then:`;
  }
}
