import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { Agent, fetch } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { upstreamFetch } from "../../../../core/kit/upstream/upstream-fetch.ts";

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client() {
  const dispatcher = new Agent();
  open.push(() => dispatcher.destroy());
  return (url: string, init?: RequestInit) =>
    upstreamFetch({ dispatcher, elsewhere: dispatcher, fetch }, new URL(url), init);
}

const readerOf = (response: Response) => {
  if (response.body === null) throw new Error("the answer has no body");
  return response.body.getReader();
};

describe("upstreamFetch", () => {
  it("should send a text with its headers, and give the answer's status, headers and body", async () => {
    const url = await serve(async (request, response) => {
      const { method, headers } = request;
      response.writeHead(201, "Made", { "x-one": "1", "set-cookie": ["a=1", "b=2"] });
      response.end(JSON.stringify({ method, path: request.url, key: headers["x-key"], body: await text(request) }));
    });
    const response = await client()(`${url}/v1/chat?x=1`, {
      method: "POST",
      body: "é",
      headers: new Headers({ "x-key": "k" }),
    });
    expect(response).toMatchObject({ status: 201, statusText: "Made", ok: true });
    expect(response.headers.get("x-one")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ method: "POST", path: "/v1/chat?x=1", key: "k", body: "é" });
  });

  it("should give every piece when it comes", async () => {
    let stream: ServerResponse | undefined;
    const url = await serve((_request, response) => {
      stream = response;
      response.write("one");
    });
    const reader = readerOf(await client()(url));
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("one");
    stream?.end("two");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("two");
    expect(await reader.read()).toMatchObject({ done: true });
  });

  it("should give a large answer whole to a reader that pauses", async () => {
    const block = Buffer.alloc(256 * 1024, "x");
    const url = await serve(async (_request, response) => {
      for (let count = 0; count < 40; count += 1) if (!response.write(block)) await once(response, "drain");
      response.end();
    });
    const reader = readerOf(await client()(url));
    let total = 0;
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      total += read.value.length;
      if (total % 7 === 0) await new Promise(setImmediate);
    }
    expect(total).toBe(40 * block.length);
  });

  it("should reject with the signal's reason before the answer, and close the socket", async () => {
    const asked = Promise.withResolvers<IncomingMessage>();
    const url = await serve((request) => asked.resolve(request));
    const abort = new AbortController();
    const answer = client()(url, { signal: abort.signal });
    const request = await asked.promise;
    const gone = once(request.socket, "close");
    abort.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    await gone;
  });

  it("should reject with the signal's reason in the middle of the answer, and close the socket", async () => {
    const asked = Promise.withResolvers<IncomingMessage>();
    const url = await serve((request, response) => {
      asked.resolve(request);
      response.write("one");
    });
    const abort = new AbortController();
    const reader = readerOf(await client()(url, { signal: abort.signal }));
    await reader.read();
    const gone = once((await asked.promise).socket, "close");
    const next = reader.read();
    abort.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await gone;
  });

  it("should close the socket of a reader that leaves", async () => {
    const asked = Promise.withResolvers<IncomingMessage>();
    const url = await serve((request, response) => {
      asked.resolve(request);
      response.write("one");
    });
    const reader = readerOf(await client()(url));
    await reader.read();
    const gone = once((await asked.promise).socket, "close");
    await reader.cancel();
    await gone;
  });

  it("should reject where the body is cut, and where nobody listens, with the network's error as the cause", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("one", () => response.destroy());
    });
    const reader = readerOf(await client()(url));
    await reader.read();
    await expect(reader.read()).rejects.toMatchObject({ name: "TypeError", message: "terminated" });
    await expect(client()("http://127.0.0.1:1/")).rejects.toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      cause: { code: "ECONNREFUSED" },
    });
  });

  it("should follow a redirect with the body, but give no key to another place", async () => {
    const elsewhere = await serve(async (request, response) => {
      response.end(JSON.stringify({ key: request.headers.authorization, body: await text(request) }));
    });
    const url = await serve((_request, response) => {
      response.writeHead(307, { location: `${elsewhere}/there` }).end();
    });
    const init = { method: "POST", body: "hello", headers: { authorization: "Bearer key-for-tests" } };
    expect(await (await client()(url, init)).json()).toEqual({ body: "hello" });
  });

  it("should read what was compressed without being asked, and an answer without a body", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/none") response.writeHead(204).end();
      else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("packed"));
    });
    expect(await (await client()(url)).text()).toBe("packed");
    expect(await client()(`${url}/none`)).toMatchObject({ status: 204, body: null });
  });

  it.each([1, 9, 70_000])(
    "should let whoever wants no body cancel it, whatever is under way: %i bytes",
    async (bytes) => {
      const url = await serve((_request, response) => void response.writeHead(404).end("x".repeat(bytes)));
      const ask = client();
      // What a stream does after it was cancelled is thrown at nobody, and would end the process.
      for (let turn = 0; turn < 20; turn += 1) {
        const { status, body } = await ask(url);
        expect(status).toBe(404);
        await body?.cancel();
        await ask(url).then((answer) => answer.text());
      }
    },
  );

  it("should keep what a hub says of a file where it leads elsewhere, from the first that says it", async () => {
    const url = await serve(({ url: path }, response) => {
      if (path === "/file") return void response.writeHead(200, { "x-linked-size": "1", etag: '"own"' }).end("file");
      const next = path === "/" ? "/second" : "/file";
      response.writeHead(302, { location: next, "x-linked-etag": `"of ${path}"`, "x-linked-size": "4" }).end();
    });
    const { headers } = await client()(url);
    expect(["x-linked-etag", "x-linked-size", "etag"].map((name) => headers.get(name))).toEqual([
      '"of /"',
      "4",
      '"own"',
    ]);
  });

  it("should not be led away from TLS", async () => {
    const body = { on: () => body, destroy: () => body };
    const request = async () => ({ statusCode: 302, headers: { location: "http://hub.example/x" }, body });
    const asked = upstreamFetch({ dispatcher: { request }, fetch } as never, new URL("https://hub.example/x"));
    await expect(asked).rejects.toThrow(/without TLS/);
  });
});
