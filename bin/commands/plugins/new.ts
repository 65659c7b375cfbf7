import { Args, Command, Flags } from "@oclif/core";
import { printable } from "../../../core/kit/index.ts";
import { pluginKinds } from "../../author/guide.ts";
import { scaffold } from "../../author/scaffold.ts";

export default class PluginsNew extends Command {
  static override description = `Write a plugin of one's own: a package whose tests pass at once.

It begins as the example of the guide, docs/plugins/KIND.md, with a profile to try it.`;
  static override examples = [
    "<%= config.bin %> plugins new my-sink --kind sink",
    "<%= config.bin %> plugins new guard --kind stage --lang js",
  ];
  static override args = {
    name: Args.string({ ignoreStdin: true, required: true, description: "its folder; the folder's name is its name" }),
  };
  static override flags = {
    kind: Flags.option({ options: pluginKinds, required: true, description: "what it is" })(),
    lang: Flags.option({ options: ["ts", "js"] as const, default: "ts", description: "the language" })(),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsNew);
    const { version } = this.config;
    const files = scaffold({ folder: args.name, kind: flags.kind, language: flags.lang, version });
    for (const file of files) process.stdout.write(`${printable(`${args.name}/${file}`)}\n`);
    process.stderr.write(`next: cd ${printable(args.name)}, npm install, npm test, sluice plugins check .\n`);
  }
}
