import { Args, Command, Flags } from "@oclif/core";
import { printable, printableJson, printableLines } from "../../../core/kit/index.ts";
import type { Mark } from "../../author/finding.ts";
import { gradeApart, tellMarks } from "../../author/grade-apart.ts";
import { jsonFlag } from "../../flags.ts";
import { painter, plural } from "../../output/style.ts";

export default class PluginsCheck extends Command {
  static override description =
    `Grade a plugin: its manifest, its package, its README, its lifecycle, the contract of its kind.

Its code is imported and run, in a process of its own, so check what you have read. It is started with the options that a
sluice.yaml in its folder gives it. Exits 78 when there is a problem.`;
  static override examples = ["<%= config.bin %> plugins check ."];
  static override args = {
    folder: Args.string({ ignoreStdin: true, default: ".", description: "the folder with plugin.json" }),
  };
  static override flags = {
    json: jsonFlag,
    apart: Flags.boolean({ hidden: true, description: "this is the process of its own" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsCheck);
    if (flags.apart) return tellMarks(args.folder);
    const counts = { ok: 0, problem: 0, notice: 0 };
    for await (const mark of gradeApart(args.folder)) {
      counts[mark.status] += 1;
      process.stdout.write(flags.json ? `${printableJson(mark)}\n` : line(mark));
    }
    if (!flags.json) {
      const head = counts.problem === 0 ? "ok, " : "";
      const more = counts.notice === 0 ? "" : `, ${plural(counts.notice, "notice")}`;
      process.stdout.write(`${head}${plural(counts.problem, "problem")}${more}\n`);
    }
    process.exitCode = counts.problem === 0 ? 0 : 78;
  }
}

const marks = { ok: ["green", "ok     "], notice: ["yellow", "notice "], problem: ["red", "problem"] } as const;

function line({ status, what, detail, cure }: Mark): string {
  const [colour, word] = marks[status];
  const head = `${painter(process.stdout)(colour, word)}  ${printable(what)}`;
  if (detail === undefined) return `${head}\n`;
  return `${head}: ${printableLines(detail)}\n${cure === undefined ? "" : `           = ${printable(cure)}\n`}`;
}
