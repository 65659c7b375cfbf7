import type { CodeBlock } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";
import type { ApproveConfig } from "./config.generated.ts";

export interface Decision {
  readonly verdict: "ask" | "auto" | "refuse";
  /** Why, where a rule decided. */
  readonly reason?: string;
}

/** What the first rule that fits says about a block, else the default. */
export function decide({ code: fallback, rules }: ApproveConfig, { language, code }: CodeBlock): Decision {
  for (const rule of rules) {
    if (rule.language !== undefined && rule.language.toLowerCase() !== language.toLowerCase()) continue;
    const found = rule.matches === undefined ? undefined : new RegExp(rule.matches, "m").exec(code);
    if (found === null) continue;
    const what = found ? `\`${cutText(found[0], 80)}\`` : rule.language === undefined ? "any code" : `${language} code`;
    return { verdict: rule.code, reason: `a rule is about ${what}` };
  }
  return { verdict: fallback };
}

/** Why a text is no regular expression, or undefined when it is one. */
export function patternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "m");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
