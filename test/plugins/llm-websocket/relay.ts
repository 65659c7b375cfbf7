import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { open } from "./hosts.ts";

/** Stands between two hosts and cuts their connections when told to. */
export async function startRelay(): Promise<{ to(port: string): string; cut(): number }> {
  const sockets = new Set<Socket>();
  let port = 0;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    sockets.add(near);
    near.on("close", () => {
      sockets.delete(near);
      far.destroy();
    });
    far.on("close", () => near.destroy());
    for (const each of [near, far]) each.on("error", () => undefined);
    // The other host looks at the name that it is called by.
    near.once("data", (head) => {
      far.write(String(head).replace(`127.0.0.1:${portOf(server)}`, `127.0.0.1:${port}`));
      near.pipe(far).pipe(near);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    const count = sockets.size;
    for (const socket of sockets) socket.resetAndDestroy();
    return count;
  };
  open.push({
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  });
  return {
    to: (target) => {
      port = Number(target);
      return `ws://127.0.0.1:${portOf(server)}`;
    },
    cut,
  };
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
