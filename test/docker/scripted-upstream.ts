import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Docker from "dockerode";

/** An answer in the pieces it is streamed in; `hang` never ends after them. */
export interface UpstreamAnswer {
  readonly pieces: readonly string[];
  readonly hang?: boolean;
}

export interface ScriptedUpstream extends AsyncDisposable {
  /** Where containers reach it. */
  readonly baseURL: string;
  /** Bodies of the requests so far. */
  readonly requests: readonly {
    readonly model: string;
    readonly messages: readonly { role: string; content: string }[];
  }[];
  /** Resolves when the next answer was given to its last piece. */
  said(): Promise<void>;
}

/** A server of OpenAI's interface on the gateway of the engine's network; `script` says what it answers, in order. */
export async function startUpstream(script: readonly UpstreamAnswer[]): Promise<ScriptedUpstream> {
  const requests: ScriptedUpstream["requests"][number][] = [];
  let waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request));
    const answer = script[requests.length] ?? { pieces: ["The script is over."] };
    requests.push(body);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const content of answer.pieces) chunk(response, { content }, null);
    for (const resolve of waiting) resolve();
    waiting = [];
    if (answer.hang) return;
    chunk(response, {}, "stop");
    response.end("data: [DONE]\n\n");
  });
  server.listen(0, await gateway());
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  return {
    baseURL: `http://${address}:${port}/v1`,
    requests,
    said: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** This machine, as containers on the engine's own network see it. */
export async function gateway(): Promise<string> {
  const { IPAM } = await new Docker().getNetwork("bridge").inspect();
  const { Gateway, Subnet } = (IPAM?.Config?.[0] ?? {}) as { readonly Gateway?: string; readonly Subnet?: string };
  // Engines that were told nothing else take the first address of the subnet, and some do not say so.
  const found = Gateway ?? Subnet?.replace(/\d+\/\d+$/, "1");
  if (found !== undefined) return found;
  throw new Error("the engine's network has no gateway");
}

function chunk(response: ServerResponse, delta: object, finish: string | null): void {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const body = { id: "answer", object: "chat.completion.chunk", created: 1, model: "scripted", choices };
  response.write(`data: ${JSON.stringify(body)}\n\n`);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += part;
  return text;
}
