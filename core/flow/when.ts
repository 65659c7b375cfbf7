import { defer, EMPTY } from "rxjs";
import type { WhenCase } from "../contract/flow.ts";
import type { Step, Turn } from "./step.ts";

export interface CompiledCase {
  readonly if: WhenCase["if"];
  readonly step: Step;
}

/** `when`: the first case that holds for the latest input, else `otherwise`, else nothing. */
export function when(cases: readonly CompiledCase[], otherwise: Step | undefined): Step {
  return (turn) =>
    defer(() => {
      const chosen = cases.find((candidate) => holds(candidate.if, turn))?.step ?? otherwise;
      return chosen ? chosen(turn) : EMPTY;
    });
}

function holds(condition: WhenCase["if"], turn: Turn): boolean {
  const input = turn.conversation.messages.findLast((message) => message.role === "user");
  const last = turn.conversation.messages.at(-1);
  const size = (input?.text.length ?? 0) + (input?.code?.code.length ?? 0);
  const language = last?.role === "model" ? last.code[0]?.language : input?.code?.language;
  if (condition.minChars !== undefined && size < condition.minChars) return false;
  if (condition.maxChars !== undefined && size > condition.maxChars) return false;
  if (condition.language !== undefined && condition.language !== language) return false;
  return condition.tag === undefined || turn.scope.tags.includes(condition.tag);
}
