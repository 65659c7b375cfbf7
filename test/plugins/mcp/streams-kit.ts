import { PassThrough } from "node:stream";
import { loadPlan } from "../../../core/command-line.ts";
import { runHost } from "../../../core/kit/index.ts";
import { startTestHost } from "../../../core/testing/index.ts";
import { serveStreams } from "../../../plugins/mcp/streams.ts";
import { flows, plugins } from "./mcp-kit.ts";

/** The tools of a host in this process, over two streams. */
export async function serveOverStreams() {
  const config = { version: 1, plugins: { ...plugins, tools: { use: "mcp" } }, flows };
  const cwd = import.meta.dirname;
  const started = await startTestHost({ config, cwd });
  const { plan } = await loadPlan({ config, cwd, env: {} });
  const transport = plan?.instances.find(({ id }) => id === "tools");
  const [input, output] = [new PassThrough(), new PassThrough()];
  const problems: string[] = [];
  const stop = new AbortController();
  const done = serveStreams({
    config: transport?.config as never,
    host: runHost(started.host),
    input,
    output,
    signal: stop.signal,
    report: (problem) => problems.push(problem),
  });
  return {
    ...{ host: started.host, input, output, problems, done, stop },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
      await started[Symbol.asyncDispose]();
    },
  };
}
