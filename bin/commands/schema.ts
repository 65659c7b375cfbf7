import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Args, Command } from "@oclif/core";
import { SluiceError } from "../../core/contract/index.ts";
import { didYouMean } from "../../core/kit/index.ts";
import { assetRoot } from "../package-root.ts";

export default class Schema extends Command {
  static override description =
    "Print a JSON Schema: of profiles, of plugin manifests, of each event, of the wire's frames.";
  static override examples = ["<%= config.bin %> schema", "<%= config.bin %> schema events/exec-end"];
  static override args = {
    name: Args.string({ ignoreStdin: true, default: "profile", description: "its name; `list` lists them" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Schema);
    const folder = join(assetRoot, "schema");
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.replace(/(\.schema)?\.json$/, ""))
      .sort();
    if (args.name === "list") {
      process.stdout.write(names.map((name) => `${name}\n`).join(""));
      return;
    }
    const file = [`${args.name}.schema.json`, `${args.name}.json`].find(
      (each) => names.includes(args.name) && exists(join(folder, each)),
    );
    if (file === undefined) {
      throw new SluiceError("SLUICE_USAGE", `there is no schema \`${args.name}\``, {
        cure: `${didYouMean(args.name, names)}\`sluice schema list\` lists them.`,
      });
    }
    process.stdout.write(readFileSync(join(folder, file), "utf8"));
  }
}

function exists(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}
