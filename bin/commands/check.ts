import { Args, Command, Flags } from "@oclif/core";
import { type LoadResult, renderGithub, renderJson, renderText } from "../../core/command-line.ts";
import { printable } from "../../core/kit/index.ts";
import { profileFlag } from "../flags.ts";
import { loadProfile } from "../host/load.ts";
import { profileOf } from "../host/profile.ts";
import { plural, wantsColour } from "../output/style.ts";

export default class Check extends Command {
  static override description = `Find everything that is wrong with a profile; nothing is started.

No code of an untrusted profile is imported. The checks of its own plugins are then left out, and a notice tells it.
Exits 78 when there is an error; with --strict also when there is a warning.`;
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
    if (format === "text") {
      const name = printable(profileOf(profile));
      if (!result.trusted) process.stdout.write(untrusted(result, name));
      process.stdout.write(`${name}: ${summary(result)}\n`);
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

/** `ok, 5 instances`, `2 errors, 1 warning`: always the last line. */
function summary({ problems, plan }: LoadResult): string {
  const of = (severity: string): number => problems.filter((problem) => problem.severity === severity).length;
  const counts = [
    [of("error"), "error"],
    [of("warning"), "warning"],
  ] as const;
  const said = counts.flatMap(([count, noun]) => (count === 0 ? [] : [plural(count, noun)]));
  if (plan === undefined) return said.join(", ");
  const instances = plan.instances.filter((instance) => !instance.implicit).length;
  return ["ok", plural(instances, "instance"), ...said].join(", ");
}

function untrusted({ needs }: LoadResult, profile: string): string {
  const rows = needs.map(({ what, at }) => `   - it ${printable(what)} (${printable(at)})\n`).join("");
  return `notice: ${profile} is not trusted, and will not be run before it is\n${rows}   = sluice trust ${profile}\n`;
}
