/**
 * A provider in a process of its own that answers in 64 deltas. Each tells its number and the monotonic clock's time at
 * which it left, in nanoseconds, which every process of a machine reads alike. The model's name says how they come:
 * `fast` one a turn of the event loop, `paced` one every 2 ms, `early` the first 5 ms before the others, `stall` stops
 * after the first and stays open.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const deltas = 64;

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { model } = JSON.parse(body) as { model: string };
  response.socket?.setNoDelay(true);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  answer(response, model, 0);
});

function answer(response: ServerResponse, model: string, number: number): void {
  if (response.destroyed) return;
  if (number === deltas) {
    response.write(frame(model, {}, "stop"));
    response.end("data: [DONE]\n\n");
    return;
  }
  response.write(frame(model, { content: `${number}:${process.hrtime.bigint()} ` }, null));
  if (model === "stall") return;
  if (model === "paced") setTimeout(answer, 2, response, model, number + 1);
  else if (model === "early" && number === 0) setTimeout(answer, 5, response, model, number + 1);
  else setImmediate(answer, response, model, number + 1);
}

function frame(model: string, delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta: { role: "assistant", ...delta }, finish_reason: finish }];
  const usage = finish === null ? {} : { usage: { prompt_tokens: 10, completion_tokens: deltas, total_tokens: 74 } };
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model, choices, ...usage })}\n\n`;
}

server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => server.getConnections((_error, connections) => process.send?.({ connections })));
process.once("disconnect", () => process.exit());
