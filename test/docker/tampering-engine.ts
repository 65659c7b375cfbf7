import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

/** An engine that changes what the real one says of a container. */
export async function tamperingEngine(change: (body: string) => string): Promise<{ socket: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), "sluicebox-engine-"));
  const socket = path.join(folder, "docker.sock");
  const upstream = { socketPath: "/var/run/docker.sock" };
  const server = createServer((incoming, outgoing) => {
    const sent = request(
      { ...upstream, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          const { "content-length": _, "transfer-encoding": __, ...headers } = answer.headers;
          outgoing.writeHead(answer.statusCode ?? 500, headers);
          outgoing.end(/\/json$/.test(incoming.url ?? "") ? change(body) : body);
        });
      },
    );
    incoming.pipe(sent);
  });
  server.on("upgrade", (incoming, client) => {
    const sent = request({ ...upstream, path: incoming.url, method: incoming.method, headers: incoming.headers });
    sent.on("upgrade", (_answer, engine) => {
      client.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      engine.pipe(client).pipe(engine);
      engine.on("error", () => client.destroy());
      client.on("error", () => engine.destroy());
    });
    sent.end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
