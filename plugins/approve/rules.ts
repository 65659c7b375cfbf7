import { createContext, Script } from "node:vm";
import type { CodeBlock } from "../../core/contract/index.ts";
import { canonicalLanguage, cutText } from "../../core/kit/index.ts";
import type { ApproveConfig } from "./config.generated.ts";

/** Milliseconds that a pattern may take: what a model writes decides how long one tries, such as `(a+)+;`. */
const patience = 250;

/** Nothing of ours is in it: two texts go in, and one comes out. */
const place = createContext(Object.create(null));
const search = new Script('(new RegExp(pattern, "m").exec(code) ?? [null])[0]');

export interface Decision {
  readonly verdict: "ask" | "auto" | "refuse";
  /** Why, where a rule decided. */
  readonly reason?: string;
}

/** What the first rule that fits says about a block, else the default. */
export function decide({ code: fallback, rules }: ApproveConfig, { language, code }: CodeBlock): Decision {
  for (const rule of rules) {
    if (rule.language !== undefined && canonicalLanguage(rule.language) !== canonicalLanguage(language)) continue;
    const found = rule.matches === undefined ? undefined : firstMatch(rule.matches, code);
    if (found === null) continue;
    if (found === "late") {
      // Nobody knows whether it fits. Code that was written so is run by a person's word, or not at all.
      const verdict = rule.code === "refuse" ? "refuse" : "ask";
      return { verdict, reason: `a rule was not done with this code: \`${cutText(rule.matches ?? "", 80)}\`` };
    }
    const what = found
      ? `\`${cutText(found.text, 80)}\``
      : rule.language === undefined
        ? "any code"
        : `${language} code`;
    return { verdict: rule.code, reason: `a rule is about ${what}` };
  }
  return { verdict: fallback };
}

/** What a pattern finds; null where it finds nothing, and `late` where it takes too long to say. */
function firstMatch(pattern: string, code: string): { readonly text: string } | "late" | null {
  Object.assign(place, { pattern, code });
  try {
    const text = search.runInContext(place, { timeout: patience }) as string | null;
    return text === null ? null : { text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return "late";
    throw error;
  } finally {
    Object.assign(place, { pattern: "", code: "" });
  }
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
