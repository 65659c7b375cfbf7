import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ReachRules, type Resolve } from "../../../core/kit/index.ts";
import { fetchPicture } from "../../../plugins/openai-api/pictures.ts";
import { gif, jpeg, png, webp } from "../../core/kit/upstream/pictures.ts";

const limits = { size: 1000, timeout: 2000 };
const never = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server of pictures, and what it was asked. */
async function gallery(answer: RequestListener) {
  const asked: string[] = [];
  const headers: object[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    headers.push(request.headers);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { port: (server.address() as AddressInfo).port, asked, headers };
}

const show =
  (content: Buffer, more: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { "content-type": "image/png", ...more }).end(content);
const redirect =
  (location: string, status = 302): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();
/** Names of tests, all at one address. */
const at =
  (...addresses: readonly string[]): Resolve =>
  async () =>
    addresses;
const reason = (url: string, allowed: readonly string[], resolve: Resolve = at("127.0.0.1"), more: object = {}) =>
  fetchPicture(url, new ReachRules(allowed, "pictures.from"), { ...limits, ...more }, never, resolve).then(
    ({ ending }) => ending,
    (error: Error) => error.message,
  );

describe("a picture by its address", () => {
  it.each([
    ["png", png],
    ["gif", gif],
    ["jpeg", jpeg],
    ["webp", webp],
  ])("should be known as %s by its bytes, whatever its server calls it", async (ending, content) => {
    const { port, headers } = await gallery(show(content, { "content-type": "text/html" }));
    expect(await reason(`http://127.0.0.1:${port}/a`, [`127.0.0.1:${port}`])).toBe(ending);
    expect(headers).toEqual([
      expect.not.objectContaining({ authorization: expect.anything(), cookie: expect.anything() }),
    ]);
  });

  it("should be reached by a name that is listed, at an address of this machine only where that is listed too", async () => {
    const { port, asked } = await gallery(show(png));
    const url = `http://Pics.Test:${port}/a.png`;
    expect(await reason(url, ["pics.test"])).toBe("its host is not in pictures.from");
    expect(await reason(url, ["*.test"])).toBe("its host is not in pictures.from");
    expect(await reason(url, ["pics.test:80", "127.0.0.1"])).toBe("its host is not in pictures.from");
    expect(await reason(url, ["other.test", "127.0.0.1"])).toBe("its host is not in pictures.from");
    expect(asked).toEqual([]);
    expect(await reason(url, ["pics.test", "127.0.0.0/8"])).toBe("png");
    expect(asked).toEqual([`pics.test:${port}/a.png`]);
  });

  it.each([
    "127.0.0.1",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
  ])("should not be fetched where its name leads to %s", async (address) => {
    expect(await reason("http://pics.test/a.png", ["pics.test"], at(address))).toBe("its host is not in pictures.from");
  });

  it.each([
    "http://2130706433/a.png",
    "http://0x7f.1/a.png",
    "http://0177.0.0.1/a.png",
    "http://127.1/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://[::1]/a.png",
    "http://localhost/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://pics.test.evil.test/a.png",
    "http://evilpics.test/a.png",
    "http://pics.test./a.png#@evil.test",
  ])("should not be fetched from what is not listed: %s", async (url) => {
    // A name that is listed may be written with the root's dot; it leads where the name leads.
    expect(await reason(url, ["pics.test"])).toBe("its host is not in pictures.from");
  });

  it.each([
    ["file:///etc/passwd", "it is no http or https address"],
    ["ftp://pics.test/a.png", "it is no http or https address"],
    ["gopher://pics.test/", "it is no http or https address"],
    ["//pics.test/a.png", "it is no http or https address"],
    ["http://", "it is no http or https address"],
    ["http://user:secret@pics.test/a.png", "its address holds a user or a password"],
    ["http://pics.test@127.0.0.1/a.png", "its address holds a user or a password"],
  ])("should not be fetched by %s", async (url, why) => {
    expect(await reason(url, ["pics.test", "127.0.0.1"])).toBe(why);
  });

  it("should come from the address that was looked at, also where the name leads elsewhere a moment later", async () => {
    const { port, asked } = await gallery(show(png));
    const answers = [["192.0.2.1"], ["127.0.0.1"]];
    let lookups = 0;
    const rebinding: Resolve = async () => answers[lookups++] ?? [];
    const url = `http://pics.test:${port}/a.png`;
    expect(await reason(url, ["pics.test", "192.0.2.0/24"], rebinding, { timeout: 300 })).toMatch(
      /did not come|reached/,
    );
    expect([lookups, asked]).toEqual([1, []]);
    // Of two addresses, one of them of this machine, the other one alone is tried.
    const both = await reason(url, ["pics.test", "192.0.2.0/24"], at("127.0.0.1", "192.0.2.1"), { timeout: 300 });
    expect([both, asked]).toEqual([expect.stringMatching(/did not come|reached/), []]);
  });

  it("should follow redirects to what is listed, and no other", async () => {
    const { port: last } = await gallery(show(png));
    const secret = await gallery(show(png));
    const through = async (location: string, allowed: readonly string[]) => {
      const { port } = await gallery(redirect(location));
      return reason(`http://pics.test:${port}/`, ["pics.test", `127.0.0.1:${port}`, ...allowed]);
    };
    expect(await through(`http://pics.test:${last}/b`, [`127.0.0.1:${last}`])).toBe("png");
    expect(await through(`//pics.test:${last}/b`, [`127.0.0.1:${last}`])).toBe("png");
    for (const location of [
      `http://127.0.0.1:${secret.port}/`,
      `http://pics.test:${secret.port}/`,
      `http://evil.test:${secret.port}/`,
    ]) {
      expect(await through(location, [])).toBe("its host is not in pictures.from");
    }
    expect(await through("file:///etc/passwd", [])).toBe("it is no http or https address");
    expect(await through(`http://a:b@pics.test:${last}/`, [`127.0.0.1:${last}`])).toContain("a user or a password");
    expect(secret.asked).toEqual([]);
    const loop = await gallery((request, response) => redirect(String(request.url))(request, response));
    expect(await reason(`http://127.0.0.1:${loop.port}/`, ["127.0.0.1"])).toBe("it redirects more than 3 times");
    expect(loop.asked).toHaveLength(4);
  });

  it("should be bounded in size and time, also where its server says nothing of its size", async () => {
    const large = Buffer.concat([png, Buffer.alloc(1000)]);
    const said = await gallery(show(large));
    const unsaid = await gallery((_request, response) => {
      response.writeHead(200);
      response.write(large);
    });
    for (const { port } of [said, unsaid]) {
      expect(await reason(`http://127.0.0.1:${port}/`, ["127.0.0.1"])).toBe("it is larger than 1000 bytes");
    }
    const drip = await gallery((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 20);
      response.once("close", () => clearInterval(timer));
    });
    const silent = await gallery(() => undefined);
    for (const { port } of [drip, silent]) {
      const late = await reason(`http://127.0.0.1:${port}/`, ["127.0.0.1"], undefined, { timeout: 200 });
      expect(late).toBe("it did not come within 0.2 s");
    }
  });

  it("should be refused where it is none, is compressed, breaks off or is an error", async () => {
    const told = async (answer: RequestListener) => {
      const { port } = await gallery(answer);
      return reason(`http://127.0.0.1:${port}/`, ["127.0.0.1"]);
    };
    expect(await told(show(Buffer.from("<html>", "latin1")))).toBe("it is no PNG, JPEG, GIF or WebP");
    expect(await told(show(Buffer.alloc(0)))).toBe("it is no PNG, JPEG, GIF or WebP");
    expect(await told(show(png, { "content-encoding": "gzip" }))).toBe("its server sends it compressed");
    expect(await told((_request, response) => void response.writeHead(404).end(png))).toBe(
      "its server answers with 404",
    );
    expect(await told((_request, response) => void response.writeHead(302).end(png))).toBe(
      "its server answers with 302",
    );
    const broken = await told((_request, response) => {
      response.writeHead(200, { "content-length": "500" });
      response.write(png, () => response.destroy());
    });
    expect(broken).toBe("its server cannot be reached");
    expect(await reason("http://127.0.0.1:1/", ["127.0.0.1"])).toBe("its server cannot be reached");
  });

  it.each([0, 25 * 86_400_000])("should not be late within a limit of %i ms", async (timeout) => {
    const { port } = await gallery((request, response) => void setTimeout(() => show(png)(request, response), 50));
    expect(await reason(`http://127.0.0.1:${port}/`, ["127.0.0.1"], undefined, { timeout })).toBe("png");
  });

  it("should not be fetched from a port that another one stands for", async () => {
    expect(await reason("http://pics.test:0/a.png", ["pics.test:80"])).toBe("its host is not in pictures.from");
  });

  it("should not be fetched any more for whoever has gone", async () => {
    const left = new AbortController();
    const { port, asked } = await gallery(() => left.abort());
    const rules = new ReachRules(["127.0.0.1"], "pictures.from");
    const fetching = fetchPicture(`http://127.0.0.1:${port}/`, rules, limits, left.signal);
    await expect(fetching).rejects.toThrow("cannot be reached");
    expect(asked).toHaveLength(1);
  });
});
