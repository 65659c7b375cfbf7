import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type McpPlace, startMcp } from "./mcp-kit.ts";
import { nodeClients } from "./packages.ts";

interface Answer {
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly isError?: boolean;
}
interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly onprogress?: (progress: { readonly progress: number; readonly message?: string }) => void;
  readonly onresumptiontoken?: (token: string) => void;
}
interface SdkClient {
  connect(transport: SdkTransport): Promise<void>;
  close(): Promise<void>;
  ping(): Promise<unknown>;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string; readonly inputSchema: object }[] }>;
  callTool(call: object, schema: undefined, options?: CallOptions): Promise<Answer>;
  getServerVersion(): { readonly name: string };
  getServerCapabilities(): object;
  getInstructions(): string;
  onerror?: (error: Error) => void;
}
interface SdkTransport {
  readonly sessionId?: string;
  readonly protocolVersion?: string;
  terminateSession(): Promise<void>;
}
interface Sdk {
  readonly Client: new (info: object) => SdkClient;
  readonly StreamableHTTPClientTransport: new (url: URL, options: object) => SdkTransport;
  readonly StdioClientTransport: new (options: object) => SdkTransport;
}

const call = (name: string, args: object) => ({ name, arguments: args });
const textOf = ({ content }: Answer) => content.map(({ type, text }) => text ?? `[${type}]`).join("\n");

describe("the official SDK's client of the revisions before 2026-07-28", () => {
  let sdk: Sdk;
  let place: McpPlace;
  const clients: SdkClient[] = [];
  beforeAll(async () => {
    const dist = join(await nodeClients(), "@modelcontextprotocol/sdk/dist/esm/client");
    const [index, http, stdio] = await Promise.all(
      ["index.js", "streamableHttp.js", "stdio.js"].map((name) => import(join(dist, name)) as Promise<Partial<Sdk>>),
    );
    sdk = { ...index, ...http, ...stdio } as Sdk;
    place = await startMcp();
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await place?.[Symbol.asyncDispose]();
  });

  async function connect(more: object = {}): Promise<{ client: SdkClient; transport: SdkTransport }> {
    const requestInit = { headers: { authorization: `Bearer ${place.token}` } };
    const transport = new sdk.StreamableHTTPClientTransport(new URL(place.url), { requestInit, ...more });
    const client = new sdk.Client({ name: "test", version: "1" });
    clients.push(client);
    await client.connect(transport);
    return { client, transport };
  }

  it("should initialise, learn what we are, list tools and call them", async () => {
    const { client, transport } = await connect();
    expect([transport.sessionId?.length, transport.protocolVersion]).toEqual([36, "2025-11-25"]);
    expect(client.getServerVersion().name).toBe("sluicebox");
    expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: true } });
    expect(client.getInstructions()).toContain("sandboxed containers");
    await client.ping();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("get_run");
    const answer = await client.callTool(call("run_code", { code: "print 42\npicture\ncomplain oh" }), undefined);
    expect(textOf(answer)).toMatch(/^42\n[\s\S]*stderr:\noh\n[\s\S]*\[image\]/);
    expect(textOf(await client.callTool(call("ask", { prompt: "x", flow: "chat" }), undefined))).toContain("It is 42.");
  });

  it("should be told failures as answers, and wrong arguments by name", async () => {
    const { client } = await connect();
    const failed = await client.callTool(call("run_code", { code: "exit 3" }), undefined);
    expect([failed.isError, textOf(failed)]).toEqual([true, expect.stringContaining("exit code 3")]);
    const told = async (name: string, args: object) => {
      const answer = await client.callTool(call(name, args), undefined).catch((error: Error) => error);
      return answer instanceof Error ? answer.message : textOf(answer);
    };
    expect(await told("nope", {})).toContain("nope");
    expect(await told("run_code", {})).toContain("code");
    expect(await told("run_code", { code: 5 })).toContain("code");
    expect(await told("run_code", { code: "", extra: 1 })).toContain("extra");
    expect(await told("get_run", { run: "r_none" })).toContain("SLUICE_RUN_NOT_FOUND");
  });

  it("should hear progress, cancel a call, time out, and go on", async () => {
    const { client } = await connect();
    const lazy = call("ask", { prompt: "x", flow: "lazy" });
    const abort = new AbortController();
    const heard = Promise.withResolvers<string>();
    const onprogress: CallOptions["onprogress"] = ({ message = "" }) =>
      message.includes("wait") && heard.resolve(message);
    const calling = client.callTool(lazy, undefined, { signal: abort.signal, onprogress });
    expect(await heard.promise).toContain("waiting");
    abort.abort();
    await expect(calling).rejects.toThrow();
    await expect.poll(() => place.active()).toBe(0);
    await expect(client.callTool(lazy, undefined, { timeout: 300 })).rejects.toThrow("timed out");
    await expect.poll(() => place.active()).toBe(0);
    await client.ping();
  });

  it("should end its session, which is unknown from then on", async () => {
    const { client, transport } = await connect();
    const { sessionId = "" } = transport;
    await transport.terminateSession();
    const headers = { authorization: `Bearer ${place.token}`, "mcp-session-id": sessionId };
    const accept = "application/json, text/event-stream";
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    const asked = { method: "POST", body, headers: { ...headers, accept, "content-type": "application/json" } };
    expect((await fetch(place.url, asked)).status).toBe(404);
    await client.close();
  });

  it.each(["1999-01-01", "2025-11-26", "zzz", "2025-11-25, 2025-11-25", ""])(
    "should be refused a protocol version that there is not (%j)",
    async (version) => {
      const { transport } = await connect();
      const accept = "application/json, text/event-stream";
      const own = { authorization: `Bearer ${place.token}`, "mcp-session-id": transport.sessionId ?? "" };
      const headers = { ...own, accept, "content-type": "application/json", "mcp-protocol-version": version };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
      const answer = await fetch(place.url, { method: "POST", body, headers });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toMatch(/protocol (version|revision)/i);
    },
  );

  it("should read on where its connection broke, and get its answer once", async () => {
    const broken: AbortController[] = [];
    // Each answer that comes as a stream can be cut by the test, as a proxy or a sleeping laptop would.
    const cut = async (url: URL, init: RequestInit) => {
      const abort = new AbortController();
      const answer = await fetch(url, { ...init, signal: abort.signal });
      if (init.method === "POST" && String(init.body).includes("tools/call")) broken.push(abort);
      return answer;
    };
    const { client } = await connect({
      fetch: cut,
      reconnectionOptions: {
        initialReconnectionDelay: 10,
        maxReconnectionDelay: 50,
        reconnectionDelayGrowFactor: 1,
        maxRetries: 5,
      },
    });
    const heard = Promise.withResolvers<void>();
    const messages: string[] = [];
    const onprogress: CallOptions["onprogress"] = ({ message = "" }) => {
      messages.push(message);
      heard.resolve();
    };
    const options = { onprogress, onresumptiontoken: () => undefined };
    const calling = client.callTool(call("ask", { prompt: "x", flow: "slow" }), undefined, options);
    await heard.promise;
    broken[0]?.abort();
    expect(textOf(await calling)).toContain("one two three four five six seven eight");
    expect(broken).toHaveLength(1);
    await expect.poll(() => place.active()).toBe(0);
  });

  it("should start sluice mcp, and leave it", async () => {
    const args = [
      resolve(import.meta.dirname, "../../../bin/run.js"),
      "mcp",
      "--profile",
      join(import.meta.dirname, "scripted.yaml"),
    ];
    const env = { ...(process.env as Record<string, string>), SLUICE_TRUST: "all" };
    const client = new sdk.Client({ name: "test", version: "1" });
    await client.connect(new sdk.StdioClientTransport({ command: process.execPath, args, env }));
    expect((await client.listTools()).tools.length).toBeGreaterThan(3);
    expect(textOf(await client.callTool(call("ask", { prompt: "x" }), undefined))).toContain("It is 42.");
    await client.close();
  });
});
