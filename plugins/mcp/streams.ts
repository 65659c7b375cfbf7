import { Readable } from "node:stream";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { StreamContext } from "../../core/contract/index.ts";
import { waitFor } from "../../core/kit/index.ts";
import { SessionLimit, Slots } from "./caller.ts";
import type { McpConfig } from "./config.generated.ts";
import { LineTransport } from "./line-transport.ts";
import { createServer } from "./server.ts";

/** Serves the one client at the other end, who may do everything: it started this process. */
export async function serveStreams(context: StreamContext<McpConfig>): Promise<void> {
  const { config, host, input, output, signal, report } = context;
  const slots = new Slots(config.limits.runs);
  const sessions = new SessionLimit(config.limits.sessions);
  const caller = { name: "stdio", host, config, slots, sessions };
  const transport = new LineTransport(input instanceof Readable ? input : Readable.from(input), output);
  const server = serveStdio(() => createServer(caller), { transport, onerror: ({ message }) => report(message) });
  await waitFor(transport.closed, { signal });
  slots.close();
  await server.close();
  // Calls that nobody waits for have been given up, and with them their runs.
  await slots.idle();
}
