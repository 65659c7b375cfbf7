import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { ClientOptions } from "../../../core/client/index.ts";
import { SluiceClient } from "../../../core/client/index.ts";
import { token } from "../../plugins/websocket/websocket-kit.ts";

/** A client whose waits are short, for a transport with the main token. */
export function clientOf(url: string, options: Partial<ClientOptions> = {}): SluiceClient {
  return new SluiceClient({ url, token, retryDelay: 5, timeout: 10_000, ...options });
}

/** A host that welcomes, and then says nothing at all. */
export async function silentHost(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "sluice.v1" });
  await once(server, "listening");
  const limits = { frame: 1024 * 1024, window: 256, windowBytes: 262_144, ackEvents: 64, ackBytes: 65_536 };
  const about = { name: "sluicebox", version: "0", host: "silent", boot: "1" };
  const rest = { session: "1", role: "run", heartbeat: 15_000, schema: 1, flows: [], models: [] };
  server.on("connection", (socket) => {
    socket.once("message", () => socket.send(JSON.stringify({ t: "welcome", server: about, limits, ...rest })));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as { port: number }).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A TCP relay that a test can cut: every connection breaks without a word. */
export class Cutter implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async before(transport: { readonly url: string; readonly hosts: string[] }): Promise<Cutter> {
    const { connect } = await import("node:net");
    const port = Number(new URL(transport.url).port);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = (server.address() as { port: number }).port;
    transport.hosts.push(`127.0.0.1:${bound}`);
    const cutter = new Cutter(server, `ws://127.0.0.1:${bound}`);
    server.on("connection", (incoming) => {
      cutter.connections += 1;
      const outgoing = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        cutter.#sockets.add(from);
        from.on("error", () => undefined);
        from.on("close", () => {
          cutter.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    return cutter;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
