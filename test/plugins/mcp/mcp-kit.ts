import { Client, type ClientOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Host } from "../../../core/index.ts";
import { startTestHost } from "../../../core/testing/index.ts";

/** The revisions a client can speak, as the official one chooses them. */
export const eras = [
  ["2026-07-28", { mode: { pin: "2026-07-28" } }],
  ["before 2026-07-28", { mode: "legacy" }],
] as const satisfies readonly (readonly [string, ClientOptions["versionNegotiation"]])[];

export type Era = (typeof eras)[number][1];

export interface McpHost extends AsyncDisposable {
  readonly host: Host;
  readonly url: URL;
  connect(era: Era, token?: string): Promise<Client>;
}

export const plugins = {
  box: { use: "../../fixtures/mcp/fake-box" },
  actor: {
    use: "llm-scripted",
    with: { script: ["Let me see.\n\n```python\nprint 42\n```\n", { expect: "42", text: "It is 42." }], chunk: 5 },
  },
  lazy: { use: "llm-scripted", with: { script: [{ text: "waiting", hang: true }] } },
};
export const flows = { run: "box", chat: { loop: ["actor", "box"], until: "done", max: 4 } };

/** A host with the transport, a sandbox of words and scripted models. */
export async function serveMcp(options: object = {}, more: object = {}): Promise<McpHost> {
  const started = await startTestHost({
    config: {
      version: 1,
      plugins: { ...plugins, ...more, tools: { use: "mcp", with: { listen: "127.0.0.1:0", ...options } } },
      flows,
    },
    cwd: import.meta.dirname,
    transports: true,
  });
  const { host } = started;
  const url = new URL(`${host.addresses[0]}/mcp`);
  const clients: Client[] = [];
  return {
    host,
    url,
    connect: async (versionNegotiation, token = host.info.token ?? "") => {
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation });
      clients.push(client);
      const requestInit = { headers: { authorization: `Bearer ${token}` } };
      await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await started[Symbol.asyncDispose]();
    },
  };
}

type Result = Awaited<ReturnType<Client["callTool"]>>;

/** The texts of an answer, without its last line, which names the run. */
export function texts({ content }: Result): string[] {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).slice(0, -1);
}

export function closing({ content }: Result): string {
  const last = content.at(-1);
  return last?.type === "text" ? last.text : "";
}

export interface Told {
  readonly run: string;
  readonly session?: string;
  readonly status: string;
  readonly exitCode?: number;
  readonly files: readonly { readonly path: string }[];
}

export function told({ _meta }: Result): Told {
  return _meta?.["sluicebox/run"] as Told;
}
