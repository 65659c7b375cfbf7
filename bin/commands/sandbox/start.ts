import { Args, Command } from "@oclif/core";
import { printableJson } from "../../../core/kit/index.ts";
import { exitCodes } from "../../execution/exit-code.ts";
import { flowFlag, jsonFlag } from "../../flags.ts";
import { connectUp } from "../../host/connection.ts";
import { errorLine } from "../../output/failure.ts";

export default class SandboxStart extends Command {
  static override description = `Start a sandbox for a session in the host that is up, and print the session's name.

\`sluice run --session NAME\` then runs code in it, and \`sluice sessions stop NAME\` ends it.`;
  static override examples = ["<%= config.bin %> sandbox start mine"];
  static override args = {
    session: Args.string({ ignoreStdin: true, description: "the session's name [default: a new one]" }),
  };
  static override flags = { flow: flowFlag, json: jsonFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(SandboxStart);
    await using connection = await connectUp();
    const session = args.session ?? crypto.randomUUID();
    // Empty code is a legal program: the sandbox is there when it has ended.
    const handle = await connection.open({ flow: flags.flow ?? "run", input: { code: "" }, session });
    for await (const event of handle.events()) {
      if (event.type === "error") process.stderr.write(errorLine(event.data, process.stderr));
    }
    const { status } = (await handle.done).data;
    if (status !== "ok") process.exitCode = exitCodes.unavailable;
    else
      process.stdout.write(flags.json ? `${printableJson({ type: "session", data: { session } })}\n` : `${session}\n`);
  }
}
