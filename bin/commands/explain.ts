import { Args, Command } from "@oclif/core";
import { inTime, isOverTime } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { printableJson, unknownFlow } from "../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../flags.ts";
import { loadValidPlan } from "../host/load.ts";
import { painter } from "../output/style.ts";
import { explain } from "../plan/explain.ts";
import { worstCase } from "../plan/time-bounds.ts";

/** Milliseconds. */
const toShow = 10_000;

export default class Explain extends Command {
  static override description =
    "Show what a flow does, step by step: who takes part, who is absent and why, and how long it may take.";
  static override examples = ["<%= config.bin %> explain", "<%= config.bin %> explain chat"];
  static override args = { flow: Args.string({ ignoreStdin: true, description: "the flow [default: all of them]" }) };
  static override flags = { profile: profileFlag, json: jsonFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain);
    const plan = await loadValidPlan(flags.profile);
    const names = args.flow === undefined ? Object.keys(plan.flows) : [args.flow];
    const text = bounded(() => {
      const trees = names.map((name) => {
        const node = plan.flows[name];
        if (node === undefined) throw unknownFlow(name, Object.keys(plan.flows));
        if (!flags.json) return explain(name, node, plan, painter(process.stdout));
        return `${printableJson({ flow: name, tree: node, worstCase: worstCase(node, plan) ?? null })}\n`;
      });
      return trees.join(flags.json ? "" : "\n");
    });
    process.stdout.write(text);
  }
}

/** What it shows comes of flows and schemas that a stranger may have written. */
function bounded(work: () => string): string {
  try {
    return inTime(work, toShow);
  } catch (error) {
    if (!isOverTime(error)) throw error;
    throw new SluiceError("SLUICE_CONFIG_TOO_LARGE", `the flows take longer than ${toShow / 1_000} s to be shown`, {
      cure: "Name one flow, or make the profile smaller.",
    });
  }
}
