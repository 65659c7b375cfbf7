import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { startTestHost } from "../../../core/testing/index.ts";
import { flows, plugins } from "../../plugins/mcp/mcp-kit.ts";

export interface McpPlace extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** How many runs are under way. */
  active(): number;
}

/** A host with the transport, a sandbox of words and scripted models, on a port that is known before it starts. */
export async function startMcp(options: { readonly listen?: string; readonly origins?: readonly string[] } = {}) {
  const tools = { use: "mcp", with: { listen: "127.0.0.1:0", ...options } };
  const text = "one two three four five six seven eight nine ten";
  const slow = { use: "llm-scripted", with: { script: [{ text, chunk: 2, delay: "20ms" }], repeat: true } };
  const started = await startTestHost({
    config: { version: 1, plugins: { ...plugins, slow, tools }, flows },
    cwd: new URL("../../plugins/mcp/", import.meta.url).pathname,
    transports: true,
  });
  const { host } = started;
  const place: McpPlace = {
    url: `${host.addresses[0]}/mcp`,
    token: host.info.token ?? "",
    active: () => host.runs.active,
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
  return place;
}

/** For a client that can send no token: passes everything on with one, and calls the server by its own address. */
export async function withToken(
  url: () => string,
  token: () => string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((asked, answer) => {
    const { host = "" } = asked.headers;
    const own = `:${(server.address() as AddressInfo).port}`;
    const { port } = new URL(url());
    const headers = { ...asked.headers, authorization: `Bearer ${token()}`, host: host.replace(own, `:${port}`) };
    const passed = request(new URL(url()), { method: asked.method ?? "GET", headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
