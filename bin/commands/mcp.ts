import { Command } from "@oclif/core";
import { hostFlag, profileFlag } from "../flags.ts";

export default class Mcp extends Command {
  static override description = `Serve the Model Context Protocol on stdin and stdout, for assistants that start it.

Its tools run code, ask flows, move files and tell of runs. A host that is up does the work, else one in this process,
which is started with the first call. It ends when stdin does, and what still runs then is cancelled.`;
  static override examples = [
    "<%= config.bin %> mcp",
    "<%= config.bin %> mcp -p offline",
    `echo '{ "mcpServers": { "sluice": { "command": "<%= config.bin %>", "args": ["mcp"] } } }' > .mcp.json`,
  ];
  static override flags = { profile: profileFlag, host: hostFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Mcp);
    const { serveStdio } = await import("../mcp/serve-stdio.ts");
    await serveStdio({ wish: flags, version: this.config.version });
  }
}
