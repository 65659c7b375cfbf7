import { Command } from "@oclif/core";
import type { Finding } from "../../core/contract/index.ts";
import { printable, printableJson } from "../../core/kit/index.ts";
import { examine } from "../doctor/examine.ts";
import { jsonFlag, profileFlag } from "../flags.ts";
import { painter } from "../output/style.ts";

const marks = { ok: ["green", "ok  "], warn: ["yellow", "note"], fail: ["red", "FAIL"] } as const;

export default class Doctor extends Command {
  static override description = `See whether everything is there that the profile needs, and what to do where it is not.

Node, Docker, image, port, keys (never shown), models. Exits 69 when something is missing.`;
  static override examples = ["<%= config.bin %> doctor", "<%= config.bin %> doctor -p offline --json"];
  static override flags = { profile: profileFlag, json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    let failed = false;
    for await (const finding of examine(flags.profile)) {
      failed ||= finding.status === "fail";
      process.stdout.write(flags.json ? `${printableJson(finding)}\n` : line(finding));
    }
    process.exitCode = failed ? 69 : 0;
  }
}

function line({ name, status, detail, cure }: Finding): string {
  const paint = painter(process.stdout);
  const [color, mark] = marks[status];
  const head = `${paint(color, mark)}  ${printable(name)}: ${printable(detail)}\n`;
  return cure === undefined || status === "ok" ? head : `${head}      = ${printable(cure)}\n`;
}
