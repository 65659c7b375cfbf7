import { Args, Command, Flags } from "@oclif/core";
import { SluiceError } from "../../core/contract/index.ts";
import { programEnv } from "../execution/env.ts";
import { launch } from "../execution/launch.ts";
import { readProgram } from "../execution/program.ts";
import { ProgramView } from "../execution/program-view.ts";
import {
  flowFlag,
  forceFlag,
  getFlag,
  hostFlag,
  jsonFlag,
  profileFlag,
  putFlag,
  sessionFlag,
  timeoutFlag,
} from "../flags.ts";

export default class Run extends Command {
  static override description = `Run code in the sandbox.

The program gets the standard input of this command, and the arguments behind --. Its stdout, its stderr and its exit code
are passed on. Other exit codes: 124 after a time-out, 130 after Ctrl-C; 128 and its number after a signal; 69 when
something is missing, 78 for a faulty profile.`;
  static override examples = [
    `<%= config.bin %> run -e "print('Hello, World!')"`,
    "<%= config.bin %> run plot.py --put data.csv --get results",
    "seq 10 | <%= config.bin %> run sum.py -- --verbose",
    "<%= config.bin %> run report.py --env API_TOKEN --env-from .env",
    "echo 'console.log(6 * 7)' | <%= config.bin %> run -l javascript -",
    "<%= config.bin %> run -e 'x = 1' --session mine",
  ];
  static override args = {
    file: Args.string({
      ignoreStdin: true,
      description: "the program; its language follows from its name; - is stdin",
    }),
  };
  static override flags = {
    code: Flags.string({ char: "e", helpValue: "CODE", description: "the program itself" }),
    language: Flags.string({
      char: "l",
      helpValue: "LANGUAGE",
      description:
        "python, javascript, typescript, bash, notebook, or a program of the image [default: by FILE, else python]",
    }),
    profile: profileFlag,
    flow: flowFlag,
    host: hostFlag,
    session: sessionFlag,
    timeout: timeoutFlag,
    env: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME[=VALUE]",
      description: "give the program this environment variable; NAME alone takes it from here (repeatable)",
    }),
    "env-from": Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "FILE",
      description: "give the program the variables of this file, one NAME=VALUE a line (repeatable)",
    }),
    // Node takes this one for its own, wherever it stands: it ends at a missing file, and obeys the file's NODE_OPTIONS.
    "env-file": Flags.string({ hidden: true, multiple: true, multipleNonGreedy: true }),
    put: putFlag,
    get: getFlag,
    force: forceFlag,
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const end = this.argv.includes("--") ? this.argv.indexOf("--") : this.argv.length;
    const rest = this.argv.slice(end + 1);
    const { args, flags } = await this.parse(Run, this.argv.slice(0, end));
    if (flags["env-file"] !== undefined) throw filesOfNode(flags["env-file"]);
    process.exitCode = await launch({
      flags,
      flow: "run",
      read: async () =>
        readProgram({
          inline: flags.code,
          file: args.file,
          language: flags.language,
          args: rest,
          env: await programEnv(flags.env, flags["env-from"]),
          cell: flags.session !== undefined,
        }),
      view: (outputs) => new ProgramView(outputs),
    });
  }
}

function filesOfNode(files: readonly string[]): SluiceError {
  return new SluiceError("SLUICE_USAGE", "--env-file is a flag of Node, which reads it before `sluice` begins", {
    cure: `Write ${files.map((file) => `--env-from ${file}`).join(" ")}.`,
  });
}
