import { Args, Command, Flags } from "@oclif/core";
import { type LoadResult, renderGithub, renderJson, renderText, type TestResult } from "../../core/command-line.ts";
import { printable } from "../../core/kit/index.ts";
import { runProfileTests, testProblems, testSummary, testText } from "../check/tests.ts";
import { profileFlag } from "../flags.ts";
import { loadProfile } from "../host/load.ts";
import { profileOf } from "../host/profile.ts";
import { plural, wantsColour } from "../output/style.ts";

export default class Check extends Command {
  static override description = `Find everything that is wrong with a profile; nothing is started.

No code of an untrusted profile is imported. The checks of its own plugins are then left out, and a notice tells it.
Exits 78 when there is an error; with --strict also when there is a warning.

With --run-tests the profile's \`tests:\` are run: what they script stands for its models, and its sandboxes are the real
ones. Exits 1 when one fails.`;
  static override examples = [
    "<%= config.bin %> check",
    "<%= config.bin %> check sluice.yaml --format json",
    "<%= config.bin %> check --run-tests --test greets --update",
  ];
  static override args = { profile: Args.string({ ignoreStdin: true, description: "the profile, as with -p" }) };
  static override flags = {
    profile: profileFlag,
    format: Flags.option({ options: ["text", "json", "github"] as const, description: "form of the report" })({
      default: "text",
    }),
    json: Flags.boolean({ description: "the same as --format json" }),
    strict: Flags.boolean({ description: "warnings count as errors" }),
    "run-tests": Flags.boolean({ description: "run the tests of the profile as well" }),
    test: Flags.string({
      multiple: true,
      helpValue: "NAME",
      dependsOn: ["run-tests"],
      description: "only the test of this name; more than once for several",
    }),
    update: Flags.boolean({ dependsOn: ["run-tests"], description: "keep snapshots that are new or have changed" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Check);
    const profile = args.profile ?? flags.profile;
    const result = await loadProfile(profile);
    const format = flags.json ? "json" : flags.format;
    const faults = result.problems.filter(({ severity }) => severity !== "notice");
    const bad = flags.strict ? faults.length > 0 : result.plan === undefined;
    if (format === "text")
      process.stdout.write(renderText(result.problems, result.sources, { colour: wantsColour(process.stdout) }));
    const wanted = { only: flags.test ?? [], update: flags.update };
    const tell = format === "text" ? tellOfTest : () => undefined;
    const ran = flags["run-tests"] && !bad ? await runProfileTests(result, wanted, tell) : undefined;
    const tests = ran?.results;
    if (format === "json") process.stdout.write(renderJson(result.problems, tests === undefined ? {} : { tests }));
    if (format === "github") process.stdout.write(renderGithub([...result.problems, ...testProblems(tests ?? [])]));
    if (format === "text") {
      const name = printable(profileOf(profile));
      if (!result.trusted) process.stdout.write(untrusted(result, name));
      process.stdout.write(
        `${[`${name}: ${summary(result)}`, ...(tests === undefined ? [] : [testSummary(tests)])].join(", ")}\n`,
      );
    }
    process.exitCode = bad ? 78 : (ran?.exitCode ?? (tests?.some(({ passed }) => !passed) ? 1 : 0));
  }
}

function tellOfTest(result: TestResult): void {
  process.stdout.write(testText(result, process.stdout));
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
