import { describe, expect, it } from "vitest";
import { refusedStatus, serveTransport, token } from "./websocket-kit.ts";

const idle = { run: () => {} };
const base64url = (text: string) => Buffer.from(text).toString("base64url");
const tokens = (["read", "run", "operate"] as const).map((role) => ({
  name: role,
  role,
  token: `${role}-token-0123456789`,
}));
const as = (role: string) => ({ client: role, hello: { token: `${role}-token-0123456789` } });

describe("who may use the websocket transport", () => {
  it("should take the token from the Authorization header", async () => {
    await using transport = await serveTransport(idle);
    const headers = { authorization: `Bearer ${token}` };
    const socket = await transport.connect({ headers, hello: { token: undefined } });
    expect(await socket.next("welcome")).toMatchObject({ role: "configure" });
  });

  it("should answer a wrong Authorization header with 401 before the upgrade", async () => {
    await using transport = await serveTransport(idle);
    for (const authorization of ["Bearer wrong", "Bearer ", `Basic ${token}`, `Bearer ${token}x`]) {
      expect(await refusedStatus(transport.url, { headers: { authorization } })).toBe(401);
    }
  });

  it("should take the token from the second subprotocol, and echo the first alone", async () => {
    await using transport = await serveTransport(idle);
    const protocols = ["sluice.v1", `bearer.${base64url(token)}`];
    const socket = await transport.connect({ protocols, hello: { token: undefined } });
    expect(socket.socket.protocol).toBe("sluice.v1");
    expect(await refusedStatus(transport.url, { protocols: ["sluice.v1", `bearer.${base64url("wrong")}`] })).toBe(401);
  });

  it("should close with 4401 after an error when the token in hello is wrong or missing", async () => {
    await using transport = await serveTransport(idle);
    for (const wrong of ["wrong", "", undefined]) {
      const socket = await transport.connect();
      socket.send({ t: "hello", client: "a", token: wrong });
      expect((await socket.closed).code).toBe(4401);
      expect(socket.frames.map(({ t, code }) => [t, code])).toEqual([["error", "SLUICE_WIRE_AUTH"]]);
    }
  });

  it("should send nothing to a client that has not said hello, whatever it asks", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect();
    for (const t of ["follow", "cancel", "open", "call", "interrupt"]) socket.send({ t, id: "1", run: "run-1" });
    expect((await socket.closed).code).toBe(4400);
    expect(socket.frames).toEqual([]);
  });

  it("should refuse every browser while no origin is listed, and all but those listed after", async () => {
    await using closed = await serveTransport(idle);
    const headers = { authorization: `Bearer ${token}` };
    expect(await refusedStatus(closed.url, { headers, origin: "https://example.org" })).toBe(403);
    expect(await refusedStatus(closed.url, { headers, origin: closed.url.replace("ws", "http") })).toBe(403);
    await using open = await serveTransport(idle, { origins: ["https://example.org"] });
    await open.connect({ origin: "https://example.org", client: "a" });
    for (const origin of ["https://example.org.evil.test", "http://example.org", "https://example.org:8443", "null"]) {
      expect(await refusedStatus(open.url, { headers, origin })).toBe(403);
    }
  });

  it("should refuse a Host header that is not its own", async () => {
    await using transport = await serveTransport(idle);
    const { port } = new URL(transport.url);
    const headers = { authorization: `Bearer ${token}` };
    for (const host of [`evil.test:${port}`, "evil.test", "127.0.0.1", "127.0.0.1:1", `127.0.0.1.evil.test:${port}`]) {
      expect(await refusedStatus(transport.url, { headers: { ...headers, host } })).toBe(403);
    }
    await transport.connect({ headers: { host: `LOCALHOST:${port}` }, client: "a" });
  });

  it("should let a ticket in once", async () => {
    await using transport = await serveTransport(idle);
    const socket = await transport.connect({ client: "a" });
    const answer = await socket.ask({ t: "call", id: "1", method: "ticket.create", params: { role: "read" } });
    const { ticket } = answer["result"] as { ticket: string };
    const protocols = ["sluice.v1", `bearer.${base64url(ticket)}`];
    const page = await transport.connect({ protocols, hello: { token: undefined } });
    expect(await page.next("welcome")).toMatchObject({ role: "read" });
    expect(await refusedStatus(transport.url, { protocols })).toBe(401);
  });

  it("should refuse a ticket that is too old, and one for more than its maker may", async () => {
    await using transport = await serveTransport(idle, { ticket: -1, tokens });
    const socket = await transport.connect(as("read"));
    const answer = await socket.ask({ t: "call", id: "1", method: "ticket.create" });
    const { ticket } = answer["result"] as { ticket: string };
    expect(await refusedStatus(transport.url, { headers: { authorization: `Bearer ${ticket}` } })).toBe(401);
    const more = await socket.ask({ t: "call", id: "2", method: "ticket.create", params: { role: "run" } });
    expect(more).toMatchObject({ t: "error", code: "SLUICE_WIRE_FORBIDDEN" });
  });

  it("should check the role of each message", async () => {
    await using transport = await serveTransport(idle, { tokens });
    const [reader, runner, operator] = await Promise.all(
      ["read", "run", "operate"].map((role) => transport.connect(as(role))),
    );
    const main = await transport.connect({ client: "main" });
    await main.ask({ t: "open", id: "1", input: { text: "x" } });
    const forbidden = { t: "error", code: "SLUICE_WIRE_FORBIDDEN" };
    expect(await reader?.ask({ t: "open", id: "1", input: { text: "x" } })).toMatchObject(forbidden);
    expect(await reader?.ask({ t: "follow", id: "2", run: "run-1" })).toMatchObject(forbidden);
    expect(await runner?.ask({ t: "follow", id: "2", run: "run-1" })).toMatchObject(forbidden);
    expect(await operator?.ask({ t: "follow", id: "2", run: "run-1" })).toMatchObject({ t: "result" });
    expect(await runner?.ask({ t: "cancel", id: "1", run: "run-1" })).toMatchObject(forbidden);
    const stdin = { t: "input", id: "2", run: "run-1", kind: "stdin", text: "x" };
    expect(await runner?.ask(stdin)).toMatchObject(forbidden);
    const set = {
      t: "call",
      id: "3",
      method: "settings.set",
      params: { instance: "fake", values: { level: "debug" } },
    };
    expect(await operator?.ask(set)).toMatchObject(forbidden);
    expect(await main.ask(set)).toMatchObject({ t: "result" });
    expect(await operator?.ask({ t: "cancel", id: "4", run: "run-1" })).toMatchObject({ t: "result" });
    expect(transport.host.set).toEqual([{ instance: "fake", values: { level: "debug" }, origin: "wire:main/main" }]);
  });

  it("should keep the sessions and files of one token from another, but for those who may operate", async () => {
    const other = { name: "other", role: "run" as const, token: "other-token-0123456789" };
    await using transport = await serveTransport(idle, { tokens: [...tokens, other] });
    const mine = await transport.connect(as("run"));
    const theirs = await transport.connect(as("other"));
    await mine.ask({ t: "open", id: "1", input: { text: "x" }, session: "mine" });
    const files = [{ path: "a.txt", base64: Buffer.from("secret").toString("base64") }];
    const put = { t: "call", method: "files.put", params: { session: "mine", files } };
    const get = { t: "call", method: "files.get", params: { session: "mine", path: "a.txt" } };
    expect(await mine.ask({ ...put, id: "2" })).toMatchObject({ t: "result", result: { files: 1 } });
    expect(await mine.ask({ ...get, id: "3" })).toMatchObject({ result: { size: 6, base64: files[0]?.base64 } });
    const forbidden = { t: "error", code: "SLUICE_WIRE_FORBIDDEN" };
    expect(await theirs.ask({ ...get, id: "1" })).toMatchObject(forbidden);
    expect(await theirs.ask({ ...put, id: "2" })).toMatchObject(forbidden);
    expect(await theirs.ask({ t: "open", id: "3", input: { text: "x" }, session: "mine" })).toMatchObject(forbidden);
    const close = { t: "call", method: "sessions.close", params: { session: "mine" } };
    expect(await theirs.ask({ ...close, id: "4" })).toMatchObject(forbidden);
    const main = await transport.connect({ client: "main" });
    expect(await main.ask({ ...close, id: "1" })).toMatchObject({ result: { closed: true } });
  });
});
