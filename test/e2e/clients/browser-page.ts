/** What a page of somebody else's loads: the official clients and ours, and what it does with them. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import OpenAI from "openai";
import { SluiceClient } from "../../../core/client/index.ts";

type Seen = Readonly<Record<string, unknown>>;

const user = (content: string) => [{ role: "user" as const, content }];

/** What came of it, or the error's own words: a page can read no more than that of an answer that is kept from it. */
async function seen(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { name, status, code, param, message } = error as Error & Seen;
    return { name, status, code, param, message };
  }
}

const actions = {
  async openai(url: string, apiKey: string): Promise<Seen> {
    const options = { baseURL: `${url}/v1`, maxRetries: 0, dangerouslyAllowBrowser: true };
    const client = new OpenAI({ ...options, apiKey });
    const create = (more: object = {}) =>
      client.chat.completions.create({ model: "chat", messages: user("hi"), stream: false, ...more });
    const stream = async () => {
      let text = "";
      const chunks = await client.chat.completions.create({ model: "chat", messages: user("hi"), stream: true });
      for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    };
    return {
      models: await seen(async () => (await client.models.list()).data.map(({ id }) => id)),
      whole: await seen(async () => (await create()).choices[0]?.message.content),
      request: await seen(async () => (await create())._request_id),
      stream: await seen(stream),
      refused: await seen(() => create({ logprobs: true })),
      unknown: await seen(() => create({ model: "nope" })),
      unserved: await seen(() => client.embeddings.create({ model: "chat", input: "x" })),
      key: await seen(() => new OpenAI({ ...options, apiKey: "wrong" }).models.list()),
      large: await seen(() => create({ user: "x".repeat(2_000_000) })),
      busy: await seen(() =>
        create({ model: "busy" }).catch((error: Error & { status?: number; headers?: Headers }) => {
          if (error.headers === undefined) throw error;
          return { status: error.status, after: error.headers.get("retry-after") };
        }),
      ),
    };
  },

  async mcp(url: string, token: string): Promise<Seen> {
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const results: Record<string, unknown> = {};
    for (const [name, mode] of [
      ["now", { pin: "2026-07-28" }],
      ["before", "legacy"],
    ] as const) {
      results[name] = await seen(async () => {
        const client = new Client({ name: "page", version: "1" }, { versionNegotiation: { mode } });
        await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
        const answer = await client.callTool({ name: "ask", arguments: { prompt: "x", flow: "chat" } });
        await client.close();
        return JSON.stringify(answer.content);
      });
    }
    return results;
  },

  async settings(url: string, key: string): Promise<Seen> {
    const headers = { "x-api-key": key, "content-type": "application/json" };
    const asked = { method: "POST", headers, body: JSON.stringify({ auto_run: true }) };
    const told = async (path: string, init: RequestInit) => {
      const answer = await fetch(`${url}${path}`, init);
      return [answer.status, await answer.text()];
    };
    return {
      set: await seen(() => told("/settings", asked)),
      get: await seen(() => told("/settings/auto_run", { headers })),
      key: await seen(() => told("/settings", { ...asked, headers: { ...headers, "x-api-key": "wrong" } })),
      alive: await seen(() => told("/heartbeat", {})),
      nothing: await seen(() => told("/nothing/here", { headers })),
      method: await seen(() => told("/settings", {})),
      cookies: await seen(() => told("/heartbeat", { credentials: "include" })),
    };
  },

  async wire(url: string, token: string): Promise<Seen> {
    const client = new SluiceClient({ url: `${url.replace("http", "ws")}/`, token, maxRetries: 0, timeout: 60_000 });
    const words = await seen(async () => {
      let text = "";
      for await (const event of client.run("chat", { text: "hi" })) {
        if (event.type === "text-delta") text += event.data.text;
      }
      return text;
    });
    client.close();
    return { words };
  },

  async classic(url: string, key: string): Promise<Seen> {
    const socket = new WebSocket(url.replace("http", "ws"));
    const heard = await new Promise((resolve) => {
      socket.onopen = () => socket.send(JSON.stringify({ auth: key }));
      socket.onmessage = ({ data }) => resolve(JSON.parse(data));
      socket.onclose = ({ code }) => resolve({ code });
    });
    socket.close();
    return { heard };
  },
};

export type Action = keyof typeof actions;

Object.assign(globalThis, { actions });
