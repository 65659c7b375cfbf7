import { SluiceError } from "../../core/contract/index.ts";
import { type ChunkFrame, ChunkWriter } from "./chunks.ts";
import { EventTranslator } from "./events.ts";
import { json, type LmcHttpCall, nameIn, objectIn, unprocessable } from "./http.ts";
import { fieldsOf } from "./multipart.ts";

/** `POST /run`: runs code in the session's sandbox and answers with the chunks it made. */
export async function runCode(call: LmcHttpCall, flow: string): Promise<void> {
  const body = objectIn(call);
  if (body === undefined) return;
  const { language, code } = body;
  if (typeof language !== "string" || typeof code !== "string") {
    unprocessable(call.response, "language and code are needed");
    return;
  }
  const handle = call.host.runs.open({
    flow,
    session: call.session,
    input: { language, code },
  });
  call.response.once("close", () => handle.cancel("run"));
  const output: ChunkFrame[] = [];
  const writer = new ChunkWriter((frame) => {
    if ("content" in frame) output.push(frame);
  });
  const translator = new EventTranslator(writer);
  for await (const event of handle.events()) {
    translator.translate(event);
    if (event.type === "error") output.push({ role: "server", type: "error", content: event.data.message });
  }
  json(call.response, { output });
}

/** `POST /upload`: a file, and the path in the workspace where it goes. */
export async function upload(call: LmcHttpCall): Promise<void> {
  const fields = fieldsOf(call.request.headers["content-type"], call.body);
  const file = fields?.find(({ name }) => name === "file");
  const path = fields?.find(({ name }) => name === "path")?.content.toString("utf8") ?? file?.filename;
  if (file === undefined || path === undefined) {
    unprocessable(call.response, "file and path are needed");
    return;
  }
  await call.host.sessions.put(call.session, [{ path, content: file.content }]);
  json(call.response, { status: "success" });
}

/** `GET /download/{name}`: a file of the workspace. */
export async function download(call: LmcHttpCall): Promise<void> {
  const name = nameIn(call, "/download/");
  try {
    const content = await call.host.sessions.get(call.session, name);
    call.response.writeHead(200, { "content-type": "application/octet-stream", "content-length": content.byteLength });
    call.response.end(content);
  } catch (error) {
    const known = SluiceError.from(error);
    if (known.class !== "not-found" && known.class !== "invalid") throw known;
    json(call.response, { error: known.message }, 404);
  }
}
