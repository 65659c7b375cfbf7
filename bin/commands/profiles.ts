import { readFileSync } from "node:fs";
import { Command } from "@oclif/core";
import { printableJson } from "../../core/kit/index.ts";
import { jsonFlag } from "../flags.ts";
import { shippedProfile, shippedProfiles } from "../host/profile.ts";
import { table } from "../output/table.ts";

export default class Profiles extends Command {
  static override description = `List the profiles that come with Sluicebox; -p takes their names.

\`sluice init\` writes a profile of your own.`;
  static override examples = ["<%= config.bin %> profiles", "<%= config.bin %> explain -p race"];
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Profiles);
    const profiles = shippedProfiles().map((name) => {
      const file = shippedProfile(name);
      return { name, description: descriptionOf(readFileSync(file, "utf8")), file };
    });
    if (flags.json) process.stdout.write(profiles.map((each) => `${printableJson(each)}\n`).join(""));
    else
      process.stdout.write(
        table(
          ["NAME", "WHAT IT DOES"],
          profiles.map(({ name, description }) => [name, description]),
        ),
      );
  }
}

/** The first sentence of the comment at its top. */
function descriptionOf(text: string): string {
  const comment = text
    .split("\n")
    .filter((line) => line.startsWith("# ") && !line.startsWith("# yaml-language-server"))
    .map((line) => line.slice(2))
    .join(" ");
  return /^.*?\.(?=\s|$)/.exec(comment)?.[0] ?? comment;
}
