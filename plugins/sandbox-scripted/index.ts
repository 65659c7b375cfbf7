import { ClockToken, type ConfigIssue, definePlugin } from "../../core/contract/index.ts";
import type { SandboxScriptedConfig } from "./config.generated.ts";
import { ScriptedSandbox } from "./scripted-sandbox.ts";

export default definePlugin<SandboxScriptedConfig>()({
  inject: { clock: ClockToken },
  check: checkScript,
  create: ({ config, clock }) => new ScriptedSandbox(config, clock),
});

function checkScript({ script }: SandboxScriptedConfig): ConfigIssue[] {
  return script.flatMap((entry, index) => {
    if (typeof entry === "string" || entry.when === undefined) return [];
    try {
      new RegExp(entry.when, "su");
      return [];
    } catch {
      return [{ path: `/script/${index}/when`, message: `${entry.when} is not a regular expression.` }];
    }
  });
}
