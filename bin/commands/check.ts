import { Args, Command, Flags } from "@oclif/core";
import { type LoadResult, renderGithub, renderJson, renderText } from "../../core/command-line.ts";
import { printable } from "../../core/kit/index.ts";
import { profileFlag } from "../flags.ts";
import { loadProfile } from "../host/load.ts";
import { profileOf } from "../host/profile.ts";
import { wantsColour } from "../output/style.ts";

export default class Check extends Command {
  static override description = `Find everything that is wrong with a profile; nothing is started.

Of a profile that nobody has trusted no code is imported: the checks of its own plugins are left out, and a notice says
so. Exits 78 when there is an error; with --strict also when there is a warning.`;
  static override examples = ["<%= config.bin %> check", "<%= config.bin %> check sluice.yaml --format json"];
  static override args = { profile: Args.string({ ignoreStdin: true, description: "the profile, as with -p" }) };
  static override flags = {
    profile: profileFlag,
    format: Flags.option({ options: ["text", "json", "github"] as const, description: "form of the report" })({
      default: "text",
    }),
    json: Flags.boolean({ description: "the same as --format json" }),
    strict: Flags.boolean({ description: "warnings count as errors" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Check);
    const profile = args.profile ?? flags.profile;
    const result = await loadProfile(profile);
    const format = flags.json ? "json" : flags.format;
    process.stdout.write(render(result, format));
    const faults = result.problems.filter(({ severity }) => severity !== "notice");
    if (!result.trusted && format === "text") process.stdout.write(untrusted(result, printable(profileOf(profile))));
    if (faults.length === 0 && format === "text") {
      const count = result.plan?.instances.filter((instance) => !instance.implicit).length ?? 0;
      process.stdout.write(`${printable(profileOf(profile))}: ok, ${count} instances\n`);
    }
    const bad = flags.strict ? faults.length > 0 : result.plan === undefined;
    process.exitCode = bad ? 78 : 0;
  }
}

function render({ problems, sources }: LoadResult, format: "text" | "json" | "github"): string {
  if (format === "json") return renderJson(problems);
  if (format === "github") return renderGithub(problems);
  return renderText(problems, sources, { colour: wantsColour(process.stdout) });
}

function untrusted({ needs }: LoadResult, profile: string): string {
  const rows = needs.map(({ what, at }) => `   - it ${printable(what)} (${printable(at)})\n`).join("");
  return `notice: ${profile} is not trusted, and will not be run before it is\n${rows}   = sluice trust ${profile}\n`;
}
