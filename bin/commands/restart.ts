import { Args, Command } from "@oclif/core";
import { hostPaths } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { connectUp } from "../host/connection.ts";
import { startDetached, stopHost } from "../host/detached.ts";
import { readHostFile } from "../host/host-file.ts";
import { tellReady } from "../host/serve.ts";

/** Milliseconds that runs under way get. */
const limit = 30_000;

export default class Restart extends Command {
  static override description = `Restart an instance of the host that is up, or the whole host in the background.

An instance is restarted as soon as the runs that use it have ended. A host reads its profile anew; its sessions end.`;
  static override examples = ["<%= config.bin %> restart box", "<%= config.bin %> restart"];
  static override args = {
    instance: Args.string({ ignoreStdin: true, description: "the instance of the profile [default: the host]" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Restart);
    if (args.instance !== undefined) {
      await using connection = await connectUp();
      await connection.restart(args.instance);
      process.stderr.write(`${printable(args.instance)} was restarted\n`);
      return;
    }
    const up = readHostFile(hostPaths().state);
    if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
    await stopHost(limit, false);
    tellReady(await startDetached(["-p", up.profile, ...(up.listen === null ? [] : ["--listen", up.listen])]), false);
  }
}
