import { Args, Command, Flags } from "@oclif/core";
import { SluiceError } from "../../../core/contract/index.ts";
import { fileFault, printableJson, printableLines } from "../../../core/kit/index.ts";
import { TargetFolder } from "../../execution/target-folder.ts";
import { jsonFlag, sessionArgument } from "../../flags.ts";
import { connectUp } from "../../host/connection.ts";
import { bytes } from "../../output/style.ts";
import { table } from "../../output/table.ts";

/** @throws SluiceError SLUICE_FILE_FAILED */
async function save(target: TargetFolder, path: string, content: Uint8Array): Promise<string[]> {
  try {
    target.demandPath(path);
    return await target.write(path, content);
  } catch (error) {
    throw new SluiceError("SLUICE_FILE_FAILED", `${path} is not written: ${fileFault(error)}`, {
      cause: error,
    });
  }
}

export default class SessionsGet extends Command {
  static override description = `Fetch files from the workspace of a session; without FILE, list them.

A file that is here already is kept, and the new one gets another name, unless --force is given.`;
  static override examples = [
    "<%= config.bin %> sessions get mine",
    "<%= config.bin %> sessions get mine plot.png --into results",
  ];
  static override strict = false;
  static override args = {
    session: Args.string(sessionArgument),
    file: Args.string({ ignoreStdin: true, description: "a path in the workspace, as many as wanted" }),
  };
  static override flags = {
    into: Flags.string({ helpValue: "DIR", default: ".", description: "the folder of this machine" }),
    force: Flags.boolean({ description: "write over files that are there already" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(SessionsGet);
    const [session = "", ...paths] = argv as string[];
    await using connection = await connectUp();
    if (paths.length === 0) {
      const files = await connection.files(session);
      if (flags.json) process.stdout.write(files.map((file) => `${printableJson(file)}\n`).join(""));
      else if (files.length === 0) process.stderr.write("no files\n");
      else
        process.stdout.write(
          table(
            ["FILE", "SIZE", "TYPE"],
            files.map(({ path, size, mime }) => [path, bytes(size), mime]),
          ),
        );
      return;
    }
    const target = await TargetFolder.open(flags.into, flags.force);
    for (const path of paths) {
      const notes = await save(target, path, await connection.file(session, path));
      process.stderr.write(printableLines(`${notes.length === 0 ? `wrote ${path}` : notes.join("\n")}\n`));
    }
  }
}
