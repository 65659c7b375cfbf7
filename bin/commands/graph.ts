import { Args, Command, Flags } from "@oclif/core";
import { printableLines, unknownFlow } from "../../core/kit/index.ts";
import { profileFlag } from "../flags.ts";
import { loadValidPlan } from "../host/load.ts";
import { asDot, asMermaid, asText, graphOf } from "../plan/graph.ts";

export default class Graph extends Command {
  static override description = "Draw the flows of a profile: who hands on to whom.";
  static override examples = [
    "<%= config.bin %> graph chat",
    "<%= config.bin %> graph --format dot | dot -Tsvg -o flows.svg",
  ];
  static override args = { flow: Args.string({ ignoreStdin: true, description: "the flow [default: all of them]" }) };
  static override flags = {
    profile: profileFlag,
    format: Flags.option({ options: ["text", "mermaid", "dot"] as const, description: "form of the drawing" })({
      default: "text",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Graph);
    const plan = await loadValidPlan(flags.profile);
    const names = args.flow === undefined ? Object.keys(plan.flows) : [args.flow];
    const graphs = names.map((name) => {
      const node = plan.flows[name];
      if (node === undefined) throw unknownFlow(name, Object.keys(plan.flows));
      return graphOf(name, node, plan);
    });
    if (flags.format === "mermaid") process.stdout.write(printableLines(asMermaid(graphs)));
    else if (flags.format === "dot") process.stdout.write(printableLines(asDot(graphs)));
    else process.stdout.write(printableLines(graphs.map(asText).join("\n")));
  }
}
