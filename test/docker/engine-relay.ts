import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export interface EngineRelay extends AsyncDisposable {
  readonly socket: string;
  /** Breaks every connection and takes no new one. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Lets the next request of this kind reach the engine, and breaks its connection instead of giving the answer. */
  loseAnswerOf(request: RegExp): void;
}

/** A socket in front of the real engine's that can be cut, as if the engine were restarted. */
export async function engineRelay(): Promise<EngineRelay> {
  const folder = await mkdtemp(path.join(tmpdir(), "sluicebox-relay-"));
  const socket = path.join(folder, "docker.sock");
  const open = new Set<Socket>();
  let losing: RegExp | undefined;
  let server: Server;

  const onConnection = (client: Socket) => {
    const engine = connect("/var/run/docker.sock");
    let lost = false;
    for (const end of [client, engine]) {
      open.add(end);
      end.on("error", () => undefined);
      end.on("close", () => {
        open.delete(end);
        client.destroy();
        engine.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (losing?.test(chunk.toString("latin1"))) {
        losing = undefined;
        lost = true;
      }
      engine.write(chunk);
    });
    engine.on("data", (chunk) => (lost ? client.destroy() : client.write(chunk)));
  };
  const listen = () =>
    new Promise<void>((resolve) => {
      server = createServer({ noDelay: true }, onConnection).listen(socket, resolve);
    });
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const end of open) end.destroy();
    });
  await listen();
  return {
    socket,
    cut,
    restore: listen,
    loseAnswerOf(request) {
      losing = request;
    },
    async [Symbol.asyncDispose]() {
      await cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
