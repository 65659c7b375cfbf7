import { randomUUID } from "node:crypto";
import { type RunEvent, type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { roomIn, SettledEvents, settledParts, Transcript, TranscriptText } from "../../core/kit/index.ts";
import { json, type LmcHttpCall, objectIn, unprocessable } from "./http.ts";
import { approve, endInput } from "./questions.ts";

/**
 * `/openai/chat/completions` of the original: the model is ignored, and only the last message is said to the flow.
 * `approves`: whether what the flow asks for an approval gets it; otherwise it is refused, since nobody can say go here.
 */
export async function complete(
  call: LmcHttpCall,
  open: (call: LmcHttpCall, text: string, interactive: boolean) => RunHandle,
  approves: boolean,
): Promise<void> {
  const body = objectIn(call);
  if (body === undefined) return;
  const messages = body["messages"];
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (last?.role !== "user") {
    unprocessable(call.response, "the last message must be the user's");
    return;
  }
  const handle = open(call, textOf(last.content), approves);
  const { response } = call;
  response.once("close", () => handle.cancel("run"));
  const id = `chatcmpl-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  if (body["stream"] !== true) {
    const content = await whole(handle, approves);
    const choice = { index: 0, message: { role: "assistant", content }, finish_reason: "stop" };
    json(response, { id, object: "chat.completion", created, model: handle.flow, choices: [choice] });
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const settled = new SettledEvents<RunEvent>();
  const text = new TranscriptText({ show: "all" });
  for await (const event of handle.events()) {
    attend(handle, event, approves);
    const content = settled
      .read(event)
      .flatMap((each) => text.read(each))
      .map((piece) => piece.text)
      .join("");
    if (content === "") continue;
    const choices = [{ index: 0, delta: { content } }];
    const chunk = { id, object: "chat.completion.chunk", created, model: handle.flow, choices };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    await roomIn(response);
  }
  response.end();
}

async function whole(handle: RunHandle, approves: boolean): Promise<string> {
  const transcript = new Transcript();
  for await (const event of handle.events()) {
    attend(handle, event, approves);
    transcript.push(event);
  }
  const text = new TranscriptText({ show: "all" });
  const content = settledParts(transcript.root)
    .map((part) => text.part(part))
    .join("");
  if (content === "" && transcript.end?.data.status === "failed" && transcript.error !== undefined) {
    throw new SluiceError("SLUICE_MODEL_OVERLOADED", transcript.error.data.message);
  }
  return content;
}

/** Answers what a run asks. One that is not interactive has its answers already. */
function attend(handle: RunHandle, event: RunEvent, approves: boolean): void {
  if (!approves) return;
  if (event.type === "approval-request") approve(handle, event.seq);
  if (event.type === "input-request") endInput(handle, event.seq);
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join("");
}
