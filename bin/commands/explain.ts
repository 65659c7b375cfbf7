import { Args, Command } from "@oclif/core";
import { printableJson, unknownFlow } from "../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../flags.ts";
import { loadValidPlan } from "../host/load.ts";
import { painter } from "../output/style.ts";
import { explain } from "../plan/explain.ts";
import { worstCase } from "../plan/time-bounds.ts";

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
    const trees = names.map((name) => {
      const node = plan.flows[name];
      if (node === undefined) throw unknownFlow(name, Object.keys(plan.flows));
      if (!flags.json) return explain(name, node, plan, painter(process.stdout));
      return `${printableJson({ flow: name, tree: node, worstCase: worstCase(node, plan) ?? null })}\n`;
    });
    process.stdout.write(trees.join(flags.json ? "" : "\n"));
  }
}
