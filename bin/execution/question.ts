import { text } from "node:stream/consumers";
import { type RunInput, SluiceError } from "../../core/contract/index.ts";

/** What the models are asked: the words of the command line, or stdin for `-`. @throws SluiceError SLUICE_USAGE */
export async function question(prompt: string): Promise<{ input: RunInput; stdinUsed: boolean }> {
  const stdinUsed = prompt === "-";
  const asked = stdinUsed ? await text(process.stdin) : prompt;
  if (asked.trim() !== "") return { input: { text: asked }, stdinUsed };
  throw new SluiceError("SLUICE_USAGE", "the question is empty", { cure: "Write what is to be asked." });
}
