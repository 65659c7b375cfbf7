import { Command, Flags } from "@oclif/core";
import { printableJson } from "../../core/kit/index.ts";
import { jsonFlag } from "../flags.ts";

export default class Monitor extends Command {
  static override summary = "Open the page of the host that is up.";
  static override description =
    `Prints a one-time link to the page, and opens it in the browser with --open. The link is good once, for ten minutes
unless the profile says otherwise; the browser then stays signed in. With --role it allows less than the profile does.`;
  static override examples = ["<%= config.bin %> monitor --open", "<%= config.bin %> monitor --role read"];
  static override flags = {
    open: Flags.boolean({ char: "o", description: "Open it in the browser." }),
    role: Flags.string({
      description: "What whoever opens it may do; each role includes those before it.",
      options: ["read", "run", "operate", "configure"],
    }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Monitor);
    const { monitorLink, openBrowser } = await import("../host/monitor-link.ts");
    const { link, expires } = await monitorLink(flags.role);
    if (flags.json) process.stdout.write(`${printableJson({ link, expires })}\n`);
    else process.stdout.write(`${link}\n`);
    if (flags.open) openBrowser(link);
  }
}
