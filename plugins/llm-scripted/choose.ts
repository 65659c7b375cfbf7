import { type ModelRequest, SluiceError } from "../../core/contract/index.ts";
import { cutTextStart } from "../../core/kit/index.ts";
import type { ScriptedAnswer, ScriptedConfig } from "./config.ts";

/**
 * The answer to a request. It depends on the request alone. A run started twice goes the same way twice, and sessions
 * do not disturb each other.
 *
 * @throws SluiceError SLUICE_MODEL_SCRIPT when no answer is left, or the last message is not what was expected.
 */
export function chooseAnswer(config: ScriptedConfig, request: ModelRequest, id: string): ScriptedAnswer {
  const answers = config.script.map((entry) => (typeof entry === "string" ? { text: entry } : entry));
  const last = request.messages.at(-1)?.text ?? "";
  const answer = answers.find((candidate) => matches(candidate, last)) ?? inOrder(answers, config, request);
  if (!answer) {
    const turn = turnOf(request) + 1;
    throw new SluiceError("SLUICE_MODEL_SCRIPT", `${id}: the script has no answer for turn ${turn}.`);
  }
  if (answer.expect !== undefined && !last.includes(answer.expect)) {
    throw new SluiceError(
      "SLUICE_MODEL_SCRIPT",
      `${id}: the script expects ${JSON.stringify(answer.expect)} in the last message, which is ${JSON.stringify(cutTextStart(last, 200))}.`,
      { cure: "Change `expect`, or find out why the conversation went another way." },
    );
  }
  return answer;
}

function inOrder(
  answers: readonly ScriptedAnswer[],
  config: ScriptedConfig,
  request: ModelRequest,
): ScriptedAnswer | undefined {
  const ordered = answers.filter((answer) => answer.when === undefined);
  const turn = turnOf(request);
  return ordered[config.repeat && ordered.length > 0 ? turn % ordered.length : turn];
}

function turnOf(request: ModelRequest): number {
  return request.messages.filter((message) => message.role === "assistant").length;
}

function matches(answer: ScriptedAnswer, last: string): boolean {
  return answer.when !== undefined && new RegExp(answer.when, "su").test(last);
}
