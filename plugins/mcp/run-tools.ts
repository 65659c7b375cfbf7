import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import { type OpenOptions, type RunQuery, SluiceError } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";
import type { Caller } from "./caller.ts";
import { Progress } from "./progress.ts";
import type { AskArguments, GetRunArguments, ListRunsArguments, RunCodeArguments } from "./schemas.ts";
import { ToolAnswer } from "./tool-answer.ts";

export function runCode(caller: Caller, wanted: RunCodeArguments, context: ServerContext): Promise<CallToolResult> {
  const { code, language, session, timeout } = wanted;
  return call(caller, { input: { code, ...(language === undefined ? {} : { language }) }, session }, timeout, context);
}

export function ask(caller: Caller, wanted: AskArguments, context: ServerContext): Promise<CallToolResult> {
  const { prompt, flow, session, timeout } = wanted;
  return call(caller, { input: { text: prompt }, flow, session }, timeout, context);
}

/** One run from beginning to end. A call that is given up cancels it, and is over when the run is. */
async function call(
  caller: Caller,
  wanted: Pick<OpenOptions, "input" | "flow" | "session">,
  seconds: number | undefined,
  { mcpReq }: ServerContext,
): Promise<CallToolResult> {
  using _slot = caller.slots.take();
  const { flow, session } = wanted;
  if (session !== undefined) caller.sessions.enter(session);
  const handle = await caller.host.open({
    input: wanted.input,
    timeout: Math.min(seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000, caller.config.timeout),
    owner: `mcp/${caller.name}`,
    ...(flow === undefined ? {} : { flow }),
    ...(session === undefined ? {} : { session }),
  });
  const answer = new ToolAnswer(caller.config.output);
  using progress = new Progress(mcpReq, caller.config.progress);
  const cancel = () => handle.cancel("run");
  mcpReq.signal.addEventListener("abort", cancel, { once: true });
  if (mcpReq.signal.aborted) cancel();
  try {
    for await (const event of handle.events()) {
      answer.observe(event);
      progress.observe(event);
    }
  } finally {
    mcpReq.signal.removeEventListener("abort", cancel);
  }
  const result = answer.result(handle.run, session);
  return result;
}

export async function listRuns(caller: Caller, wanted: ListRunsArguments): Promise<CallToolResult> {
  const runs = await caller.host.runs({ limit: 20, ...wanted } as RunQuery);
  return { content: [{ type: "text", text: JSON.stringify(runs, undefined, 1) }] };
}

/** What a run has given so far: of one that goes on, up to now. */
export async function getRun(caller: Caller, { run }: GetRunArguments): Promise<CallToolResult> {
  const [record] = await caller.host.runs({ run });
  if (record === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${cutText(run, 60)}`);
  const answer = new ToolAnswer(caller.config.output);
  if (record.lastSeq > 0) {
    for await (const event of caller.host.follow(run, 0)) {
      answer.observe(event);
      if (event.seq >= record.lastSeq) break;
    }
  }
  const { isError: _, ...result } = answer.result(run, record.session);
  return result;
}
