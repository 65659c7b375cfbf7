import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";

/** The one tool that models are offered where a sandbox follows them. */
export const executeTool: LanguageModelV4FunctionTool = {
  type: "function",
  name: "execute",
  description:
    "Runs a program in an isolated sandbox and returns what it prints. Variables and files stay from one call to the next.",
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["language", "code"],
    properties: {
      language: { type: "string", enum: ["python", "javascript", "bash"], description: "The language of the program." },
      code: { type: "string", description: "The program. Print whatever you need to see." },
    },
  },
};

/** Said to models that are offered the tool, since the host's own words speak of fenced blocks. */
export const toolInstructions =
  "You have the tool `execute`. Run code by calling it, one call in an answer, and not by a fenced block.";
