import { Args, Command, Flags } from "@oclif/core";
import { SluiceError } from "../../../core/contract/index.ts";
import { parseJson } from "../../../core/kit/index.ts";
import { connectUp } from "../../host/connection.ts";
import { tellChanges } from "../../hosts/changes.ts";

export default class SettingsSet extends Command {
  static override description = `Change options of an instance while the host runs; calls under way keep theirs.

A value is JSON where it can be read as JSON, else text.

With --all-hosts it is changed at every host of the cluster, with --at at one. A host that refuses is named, with the
reason; the others have the change, and the exit code is 1.`;
  static override examples = [
    "<%= config.bin %> settings set gpt temperature=0.2 model=gpt-5.2",
    "<%= config.bin %> settings set gpt temperature=0.2 --all-hosts",
  ];
  static override flags = {
    "all-hosts": Flags.boolean({ description: "at every host of the cluster", exclusive: ["at"] }),
    at: Flags.string({ helpValue: "HOST", description: "at the host of that name or id: see `sluice hosts`" }),
  };
  static override strict = false;
  static override args = {
    instance: Args.string({ ignoreStdin: true, required: true, description: "the instance of the profile" }),
    option: Args.string({ ignoreStdin: true, required: true, description: "option=value, as many as wanted" }),
  };

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(SettingsSet);
    const [instance = "", ...pairs] = argv as string[];
    const values = Object.fromEntries(pairs.map(pairOf));
    await using connection = await connectUp();
    const where = flags["all-hosts"] ? "all" : flags.at;
    if (where === undefined) await connection.changeSettings(instance, values);
    else process.exitCode = tellChanges(await connection.changeSettingsAt(where, instance, values));
  }
}

function pairOf(text: string): [string, unknown] {
  const at = text.indexOf("=");
  if (at <= 0) {
    throw new SluiceError("SLUICE_USAGE", `\`${text}\` is not option=value`, { cure: "Write it as temperature=0.2." });
  }
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), parseJson(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}
