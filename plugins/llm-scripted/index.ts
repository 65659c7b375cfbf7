import { ClockToken, type ConfigIssue, definePlugin, errorEntry } from "../../core/contract/index.ts";
import type { ScriptedConfig } from "./config.ts";
import { ScriptedModel } from "./scripted-model.ts";

export default definePlugin<ScriptedConfig>()({
  inject: { clock: ClockToken },
  check: checkScript,
  create: ({ id, config, clock }) => new ScriptedModel(id, config, clock),
});

function checkScript(config: ScriptedConfig): ConfigIssue[] {
  return config.script.flatMap((answer, index) => {
    if (typeof answer === "string") return [];
    const issues: ConfigIssue[] = [];
    const code = answer.error?.code;
    if (code !== undefined && errorEntry(code) === undefined) {
      issues.push({
        path: `/script/${index}/error/code`,
        message: `${code} is none of Sluicebox's codes.`,
        cure: "Take one of docs/errors.md, or give a status.",
      });
    }
    if (answer.when !== undefined && !isPattern(answer.when)) {
      issues.push({ path: `/script/${index}/when`, message: `${answer.when} is not a regular expression.` });
    }
    return issues;
  });
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, "su");
    return true;
  } catch {
    return false;
  }
}
