import type { ModelRequest, PromptMessage } from "../../core/contract/index.ts";
import type { HistoryItem } from "./llama.ts";

/** What the model is shown, and how its answer is opened for it. */
export interface LlamaPrompt {
  readonly history: readonly HistoryItem[];
  /** The beginning of the answer; the model goes on from it, and it is part of what is streamed. */
  readonly opening: string;
  /** Where the answer ends, whatever the model would add: after its block of code, or before one. */
  readonly until: "code" | "prose" | "end";
  /** Whether code will run, so that its form matters. */
  readonly codeWanted: boolean;
}

/** The conversation in the model's own chat template, with nothing added but the instance's instructions. */
export function plainPrompt(request: ModelRequest, system: string | undefined): LlamaPrompt {
  const text = [request.system, system ?? ""].filter((part) => part.trim() !== "").join("\n\n");
  const history = [...instructions(text), ...request.messages.map(toItem)];
  return { history, opening: "", until: "end", codeWanted: request.codeWanted };
}

/**
 * For models of a few hundred million parameters. They do not follow the host's instructions, but they do continue
 * examples: of 40 small tasks (sums, words, lists) SmolLM2-135M solved 6 with the instructions alone. It solved 23 with
 * these examples and its block of code opened for it. More examples did not solve more.
 */
export function tinyPrompt(request: ModelRequest, system: string | undefined): LlamaPrompt {
  if (!request.codeWanted) return plainPrompt(request, system);
  const answering = isOutput(request.messages);
  return {
    history: [
      ...instructions([tinyInstructions, system ?? ""].filter((part) => part.trim() !== "").join("\n\n")),
      ...examples.flatMap(toItems),
      ...request.messages.map(toItem),
    ],
    // Left to itself it repeats its program instead of saying what it printed.
    opening: answering ? "The" : "```python\n",
    until: answering ? "prose" : "code",
    codeWanted: true,
  };
}

/** Whether the last message is what the model's own program printed, and the program did not fail. */
function isOutput(messages: readonly PromptMessage[]): boolean {
  const own = messages.at(-2);
  const last = messages.at(-1);
  if (own?.role !== "assistant" || !own.text.includes("```") || last === undefined) return false;
  return !/\b(failed|stopped|ended before)\b/.test(last.text.split("\n", 1)[0] ?? "");
}

function instructions(text: string): HistoryItem[] {
  return text === "" ? [] : [{ type: "system", text }];
}

function toItem(message: PromptMessage): HistoryItem {
  if (message.role === "assistant") return { type: "model", response: [message.text] };
  return { type: "user", text: message.name === undefined ? message.text : `${message.name}: ${message.text}` };
}

const tinyInstructions =
  "You solve tasks with short Python programs. Write one code block that prints the result. " +
  "When you are shown the output, say the answer in one short sentence.";

type Example = readonly [question: string, program: string, output: string, answer: string];

const examples: readonly Example[] = [
  ["What is 6 times 7?", "print(6 * 7)", "42", "6 times 7 is 42."],
  ["How many letters has the word apple?", 'print(len("apple"))', "5", "The word apple has 5 letters."],
  [
    "Print the numbers from 5 to 8.",
    "for n in range(5, 9):\n    print(n)",
    "5\n6\n7\n8",
    "The numbers from 5 to 8 are 5, 6, 7 and 8.",
  ],
  ["What is the square root of 81?", "import math\nprint(math.sqrt(81))", "9.0", "The square root of 81 is 9."],
  ["Use Python to add 20 and 3.", "print(20 + 3)", "23", "The sum is 23."],
];

function toItems([question, program, output, answer]: Example): HistoryItem[] {
  return [
    { type: "user", text: question },
    { type: "model", response: [`\`\`\`python\n${program}\n\`\`\``] },
    { type: "user", text: `The code ran. Its output:\n${output}` },
    { type: "model", response: [answer] },
  ];
}
