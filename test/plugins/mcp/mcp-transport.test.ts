import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { closing, eras, type McpHost, serveMcp, told } from "./mcp-kit.ts";

const call = (name: string, args: object) => ({ name, arguments: { ...args } });
const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };

function post({ host, url }: McpHost, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${host.info.token}`;
  return fetch(url, { method: "POST", body, headers: { ...json, authorization, ...headers } });
}

/** A response's own code, or that of the first message of its stream. */
async function errorCode(response: Response): Promise<number | undefined> {
  const [, data] = /^data: (\{.*)$/m.exec(await response.clone().text()) ?? [];
  const body = (data === undefined ? await response.json() : JSON.parse(data)) as { error?: { code: number } };
  return body.error?.code;
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

describe("who may use the mcp transport", () => {
  it("should let nobody in without a token, or with a wrong one", async () => {
    await using server = await serveMcp();
    for (const headers of [{ authorization: "" }, { authorization: "Bearer wrong" }, { authorization: "Basic eDp5" }]) {
      const response = await post(server, JSON.stringify(initialize), headers);
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(await response.text()).not.toContain("run_code");
    }
    for (const method of ["GET", "DELETE"]) expect((await fetch(server.url, { method })).status).toBe(401);
  });

  it("should refuse foreign origins and names", async () => {
    await using server = await serveMcp();
    const foreign = await post(server, JSON.stringify(initialize), { origin: "https://elsewhere.example" });
    expect(foreign.status).toBe(403);
    const headers = { ...json, host: "elsewhere.example", authorization: `Bearer ${server.host.info.token}` };
    const rebound = request(server.url, { method: "POST", headers });
    rebound.end(JSON.stringify(initialize));
    const [response] = await once(rebound, "response");
    expect(response.statusCode).toBe(403);
    response.resume();
  });

  it("should hold each token to its role", async () => {
    const tokens = [{ name: "reader", token: "a-token-for-reading", role: "read" }];
    await using server = await serveMcp({ tokens });
    for (const [, era] of eras) {
      const reader = await server.connect(era, "a-token-for-reading");
      for (const refused of [
        call("run_code", { code: "print x" }),
        call("ask", { prompt: "x" }),
        call("put_files", { session: "s", files: [{ path: "a", text: "" }] }),
        call("list_files", { session: "s" }),
        call("get_file", { session: "s", path: "a" }),
      ]) {
        expect(closing(await reader.callTool(refused))).toContain("SLUICE_WIRE_FORBIDDEN");
      }
      expect((await reader.callTool(call("list_runs", {}))).isError).toBeFalsy();
    }
    expect(await server.host.runs.list()).toEqual([]);
  });

  it("should keep the sessions of one token from the others", async () => {
    const tokens = [
      { name: "one", token: "the-token-of-number-one", role: "run" },
      { name: "two", token: "the-token-of-number-two", role: "run" },
    ];
    await using server = await serveMcp({ tokens });
    const [, [, era]] = eras;
    const one = await server.connect(era, "the-token-of-number-one");
    const two = await server.connect(era, "the-token-of-number-two");
    const owner = await server.connect(era);
    const run = call("run_code", { code: "print mine", session: "mine" });
    expect((await one.callTool(run)).isError).toBeFalsy();
    expect(closing(await two.callTool(run))).toContain("SLUICE_WIRE_FORBIDDEN");
    expect(closing(await two.callTool(call("list_files", { session: "mine" })))).toContain("SLUICE_WIRE_FORBIDDEN");
    expect((await owner.callTool(run)).isError).toBeFalsy();
  });

  it("should keep protocol sessions to the token that began them", async () => {
    const tokens = [{ name: "other", token: "the-token-of-the-other", role: "configure" }];
    await using server = await serveMcp({ tokens });
    const begun = await post(server, JSON.stringify(initialize));
    const session = begun.headers.get("mcp-session-id") ?? "";
    await begun.text();
    const list = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" });
    expect((await post(server, list, { "mcp-session-id": session })).status).toBe(200);
    const authorization = "Bearer the-token-of-the-other";
    expect((await post(server, list, { "mcp-session-id": session, authorization })).status).toBe(404);
    expect((await post(server, list, { "mcp-session-id": "nope" })).status).toBe(404);
  });

  it("should hold clients to their limits", async () => {
    await using server = await serveMcp({ limits: { runs: 1, sessions: 1, connections: 2 } });
    const [[, modern], [, old]] = eras;
    const client = await server.connect(old);
    const abort = new AbortController();
    const heard = Promise.withResolvers<void>();
    const options = { signal: abort.signal, onprogress: () => heard.resolve() };
    const hanging = client.callTool(call("ask", { prompt: "x", flow: "lazy" }), options);
    await heard.promise;
    expect(closing(await client.callTool(call("run_code", { code: "" })))).toContain("SLUICE_OVERLOADED");
    abort.abort();
    await expect(hanging).rejects.toThrow();
    await expect.poll(() => server.host.runs.active).toBe(0);
    expect((await client.callTool(call("run_code", { code: "", session: "a" }))).isError).toBeFalsy();
    const another = await client.callTool(call("run_code", { code: "", session: "b" }));
    expect(closing(another)).toContain("SLUICE_OVERLOADED");
    await server.connect(old);
    await expect(server.connect(old)).rejects.toThrow();
    await server.connect(modern);
  });
});

describe("what comes over the wire of the mcp transport", () => {
  it("should answer what is no message with an error, and go on", async () => {
    await using server = await serveMcp();
    const wrong = ["", "{", "5", "null", "[]", "{}", '{"jsonrpc":"1.0","id":1,"method":"ping"}', '{"jsonrpc":"2.0"}'];
    for (const body of wrong) {
      const response = await post(server, body);
      expect([body, response.status]).toEqual([body, 400]);
      expect(await errorCode(response)).toBeLessThan(0);
    }
    expect((await post(server, "{}", { "content-type": "text/plain" })).status).toBe(415);
    const unbegun = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect((await post(server, unbegun)).status).toBe(400);
    expect((await fetch(server.url, { method: "PUT" })).status).toBe(405);
    const client = await server.connect(eras[0][1]);
    expect((await client.callTool(call("run_code", { code: "print still here" }))).isError).toBeFalsy();
  });

  it("should refuse tools that are not there by name", async () => {
    await using server = await serveMcp();
    for (const [, era] of eras) {
      const client = await server.connect(era);
      const result = await client.callTool(call("nope", {})).catch((error: Error) => error);
      expect(result instanceof Error ? result.message : closing(result)).toContain("nope");
    }
  });

  it("should cancel the run of a client that goes away, where the revision says so", async () => {
    await using server = await serveMcp();
    const client = await server.connect(eras[0][1]);
    const heard = Promise.withResolvers<void>();
    const options = { onprogress: () => heard.resolve() };
    const hanging = client.callTool(call("ask", { prompt: "x", flow: "lazy" }), options).catch(() => undefined);
    await heard.promise;
    await client.close();
    await hanging;
    await expect.poll(() => server.host.runs.active).toBe(0);
    expect(await server.host.runs.list()).toMatchObject([{ status: "cancelled" }]);
  });

  it("should end a protocol session with DELETE, and its calls with it", async () => {
    await using server = await serveMcp();
    const begun = await post(server, JSON.stringify(initialize));
    const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
    await begun.text();
    const params = { name: "ask", arguments: { prompt: "x", flow: "lazy" } };
    const hanging = await post(
      server,
      JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params }),
      session,
    );
    await expect.poll(() => server.host.runs.active).toBe(1);
    const headers = { ...session, authorization: `Bearer ${server.host.info.token}` };
    expect((await fetch(server.url, { method: "DELETE", headers })).status).toBe(200);
    await hanging.text().catch(() => undefined);
    await expect.poll(() => server.host.runs.active).toBe(0);
    expect((await post(server, JSON.stringify({ jsonrpc: "2.0", id: 3, method: "ping" }), session)).status).toBe(404);
  });

  it("should answer calls under way when the host stops", async () => {
    for (const [, era] of eras) {
      const server = await serveMcp();
      const client = await server.connect(era);
      const heard = Promise.withResolvers<void>();
      const options = { onprogress: () => heard.resolve() };
      const hanging = client.callTool(call("ask", { prompt: "x", flow: "lazy" }), options);
      await heard.promise;
      await server.host.close({ drain: 0 });
      expect(told(await hanging).status).toBe("cancelled");
      await server[Symbol.asyncDispose]();
    }
  });
});
