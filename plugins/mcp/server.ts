import { type CallToolResult, McpServer, type ServerContext } from "@modelcontextprotocol/server";
import { SluiceError } from "../../core/contract/index.ts";
import { argumentsOf } from "./arguments.ts";
import type { Caller } from "./caller.ts";
import { getFile, listFiles, putFiles } from "./file-tools.ts";
import { ask, getRun, listRuns, runCode } from "./run-tools.ts";
import { descriptions, instructions, schemas } from "./schemas.ts";
import { errorLine } from "./tool-answer.ts";

type ToolName = keyof typeof schemas;

interface Tool {
  readonly title: string;
  readonly readOnly: boolean;
  /** What arrives has passed the tool's schema. */
  readonly handle: (caller: Caller, wanted: never, context: ServerContext) => Promise<CallToolResult>;
}

const tools: Readonly<Record<ToolName, Tool>> = {
  run_code: { title: "Run code", readOnly: false, handle: runCode },
  ask: { title: "Ask a flow", readOnly: false, handle: ask },
  put_files: { title: "Put files", readOnly: false, handle: putFiles },
  get_file: { title: "Get a file", readOnly: true, handle: getFile },
  list_files: { title: "List files", readOnly: true, handle: listFiles },
  list_runs: { title: "List runs", readOnly: true, handle: listRuns },
  get_run: { title: "Get a run", readOnly: true, handle: getRun },
};

/** Compiled once: servers are made for each request. */
const inputs = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, argumentsOf(schema)]));

/** A server with the tools of one caller; the protocol's revisions differ outside of it. */
export function createServer(caller: Caller): McpServer {
  const server = new McpServer({ name: "sluicebox", version: caller.host.version }, { instructions });
  const described = descriptions(caller.host);
  for (const [name, tool] of Object.entries(tools) as [ToolName, Tool][]) {
    server.registerTool(
      name,
      {
        title: tool.title,
        description: described[name],
        inputSchema: inputs[name],
        annotations: { readOnlyHint: tool.readOnly, destructiveHint: false, openWorldHint: !tool.readOnly },
      },
      (wanted: unknown, context: ServerContext) => answer(() => tool.handle(caller, wanted as never, context)),
    );
  }
  return server;
}

/** What goes wrong is an answer too: whoever called reads what it was and what helps. */
async function answer(handle: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await handle();
  } catch (error) {
    const body = SluiceError.from(error).toBody();
    return { content: [{ type: "text", text: errorLine(body) }], isError: true, _meta: { "sluicebox/error": body } };
  }
}
