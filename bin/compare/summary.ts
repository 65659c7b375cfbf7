import { duration } from "../output/style.ts";
import { table } from "../output/table.ts";
import type { ComparedAnswer } from "./answer.ts";

/** The figures of all models, one a line. */
export function summary(answers: readonly ComparedAnswer[]): string {
  const rows = answers.map((answer) => [
    answer.id,
    answer.model,
    answer.firstToken === undefined ? "-" : duration(answer.firstToken),
    answer.total === undefined ? "-" : duration(answer.total),
    tokens(answer),
    cost(answer),
    answer.error?.code ?? answer.status,
  ]);
  return table(["INSTANCE", "MODEL", "FIRST TOKEN", "TOTAL", "TOKENS IN/OUT", "COST", "RESULT"], rows);
}

function tokens({ usage }: ComparedAnswer): string {
  if (usage === undefined) return "-";
  return `${usage.estimated ? "~" : ""}${usage.inputTokens}/${usage.outputTokens}`;
}

function cost({ cost: amount }: ComparedAnswer): string {
  if (amount === undefined) return "-";
  return amount === null ? "unknown" : `$${Number(amount.toPrecision(3))}`;
}
