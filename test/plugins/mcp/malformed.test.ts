import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serveMcp } from "./harness.ts";
import { serveOverStreams } from "./streams-harness.ts";

const frame = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "run_code", arguments: { code: "print x" }, _meta: { progressToken: 1 } },
});

/** No newline: over streams that is where a message ends. */
const line = (text: string) => text.replaceAll(/[\r\n]/g, " ").trim();

/** What is nearly a message, any JSON, and any text. */
const malformed = fc.oneof(
  fc.tuple(fc.nat(frame.length - 1), fc.string({ minLength: 1 })).map(([at, text]) => frame.slice(0, at) + text),
  fc.json(),
  fc.string({ unit: "binary", minLength: 1 }),
  fc
    .constantFrom("tools/call", "tools/list", "initialize", "server/discover")
    .chain((method) => fc.jsonValue().map((params) => JSON.stringify({ jsonrpc: "2.0", method, params }))),
);

describe("frames that nobody should send", () => {
  it("should be refused over HTTP, and leave the host as it was", async () => {
    await using server = await serveMcp();
    const authorization = `Bearer ${server.host.info.token}`;
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization,
    };
    const post = async (body: string) => {
      const response = await fetch(server.url, { method: "POST", headers, body });
      await response.text();
      return response.status;
    };
    // Notifications are taken, whatever they say.
    const accepted = fc.asyncProperty(malformed, async (body) => [202, 400, 404].includes(await post(body)));
    await fc.assert(accepted, { numRuns: 400 });
    expect(await server.host.runs.list()).toEqual([]);
    expect(server.host.sessions.list()).toEqual([]);
  });

  it("should be refused over streams, and the next one be read", async () => {
    await using server = await serveOverStreams();
    const lines = fc.sample(malformed, 2000).map(line);
    for (const each of lines) server.input.write(`${each}\n`);
    server.input.write('{"jsonrpc":"2.0","id":"last","method":"nope"}\n');
    let seen = "";
    for await (const chunk of server.output.iterator({ destroyOnReturn: false })) {
      seen = (seen + chunk).slice(-4096);
      if (seen.includes('"last"')) break;
    }
    expect(await server.host.runs.list()).toEqual([]);
  });
});
