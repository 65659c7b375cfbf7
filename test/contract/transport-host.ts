import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { bodyLimit } from "./transport-requests.ts";

export const key = "classic-key-0123456789";

/** What the endless model says: whoever may not hear it is not to have it in anything that is received. */
export const secret = "for-the-owner-alone";

/** A token for each role, besides the host's own. */
export const tokens = (["read", "run", "operate"] as const).map((role) => ({
  name: role,
  role,
  token: `${role}-token-0123456789`,
}));

export interface Transports extends TestHost {
  readonly port: number;
  readonly token: string;
}

/** A host with every transport on one port, a sandbox of words, a model that greets and one that talks for long. */
export async function serveTransports(): Promise<Transports> {
  const listen = "127.0.0.1:0";
  const started = await startTestHost({
    config: {
      version: 1,
      plugins: {
        box: { use: "../fixtures/mcp/fake-box" },
        actor: { use: "llm-scripted", with: { script: ["Hello."], repeat: true } },
        endless: { use: "llm-scripted", with: { script: [`${secret} `.repeat(20_000)], delay: "2ms", chunk: 20 } },
        server: { use: "http-server", with: { bodyLimit: `${bodyLimit}b`, closeTimeout: "5s" } },
        wire: { use: "websocket", with: { listen, tokens, ticket: "1ms", limits: { frames: 100_000 } } },
        classic: { use: "lmc", with: { listen, key, insecureRoutes: true } },
        api: { use: "openai-api", with: { listen } },
        tools: { use: "mcp", with: { listen, tokens, limits: { connections: 8 } } },
        page: { use: "web-monitor", with: { listen } },
      },
      flows: { run: "box", chat: "actor", long: "endless" },
    },
    cwd: import.meta.dirname,
    transports: true,
  });
  const { host, home } = started;
  return {
    ...{ host, home, port: Number(new URL(host.addresses[0] ?? "").port), token: host.info.token ?? "" },
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use after everything that can be freed has been, buffers outside of the heap included. */
export async function bytesInUse(): Promise<number> {
  for (let turn = 0; turn < 4; turn += 1) {
    // What a closed socket held is freed on a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
