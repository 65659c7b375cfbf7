import { join } from "node:path";
import { Command } from "@oclif/core";
import { hostPaths } from "../../core/command-line.ts";
import { flowFlag, hostFlag, profileFlag, sessionFlag } from "../flags.ts";
import { connect } from "../host/connection.ts";

export default class Chat extends Command {
  static override description =
    `Talk to the models of a flow; the code they write runs in one sandbox that keeps its variables.

Ctrl-C interrupts what runs, twice leaves. A line that ends with \\ goes on in the next; /help lists the commands.`;
  static override examples = ["<%= config.bin %> chat", "<%= config.bin %> chat -p offline"];
  static override flags = { profile: profileFlag, flow: flowFlag, host: hostFlag, session: sessionFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Chat);
    const flow = flags.flow ?? "chat";
    const { Chat: Conversation } = await import("../chat/chat.ts");
    const { History } = await import("../chat/history.ts");
    await using connection = await connect({
      ...{ profile: flags.profile, host: flags.host, flow },
      needsHost: flags.session !== undefined,
    });
    using chat = new Conversation(
      connection,
      flow,
      flags.session ?? crypto.randomUUID(),
      new History(join(hostPaths().state, "chat-history")),
    );
    await chat.run();
  }
}
