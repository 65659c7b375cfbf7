import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { UpstreamHttp } from "../../../core/kit/index.ts";
import { type Download, download } from "../../../plugins/llm-local/download.ts";
import { type Answer, Upstream } from "../../core/kit/upstream/upstream.ts";

const never = new AbortController().signal;
const fileOf = () => Buffer.concat([Buffer.from("GGUF"), randomBytes(200_000)]);
const content = fileOf();
const other = fileOf();
const digest = (file: Buffer) => createHash("sha256").update(file).digest("hex");

let folder: string;
let path: string;
let pauses: number[];
const open: AsyncDisposable[] = [];

/** As the plugin asks: it is what follows redirects. */
const http = new UpstreamHttp(30_000);
const { fetch } = http;
afterAll(() => http[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-redirects-"));
  path = join(folder, "model.gguf");
  pauses = [];
});
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function serve(...answers: readonly Answer[]) {
  const server = await Upstream.start(...answers);
  open.push(server);
  return server;
}

/** No pause is waited for, and silence lasts. */
const sleep = (ms: number, over: AbortSignal): Promise<void> => {
  if (ms !== 60_000) pauses.push(ms);
  if (ms !== 60_000) return Promise.resolve();
  const { promise, reject } = Promise.withResolvers<void>();
  over.addEventListener("abort", () => reject(over.reason));
  return promise;
};
const get = (url: string, what: Partial<Download> = {}, means: object = {}) =>
  download({ url: `${url}/model.gguf`, path, magic: "GGUF", ...what }, { fetch, sleep, onBytes, ...means }, never);
const received = () => readFile(path);

const lead =
  (to: string, headers: Record<string, string | number> = {}): Answer =>
  (response) =>
    void response.writeHead(302, { location: to, ...headers }).end();

/** A server that knows ranges, and `If-Range` where it is honest. */
const send =
  (file: Buffer, tag?: string, honest = true): Answer =>
  (response, { headers: asked }) => {
    const isSame = !honest || asked["if-range"] === undefined || asked["if-range"] === tag;
    const from = isSame ? Number(/^bytes=(\d+)-$/.exec(asked.range ?? "")?.[1] ?? 0) : 0;
    const range = { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` };
    const tags = tag === undefined ? {} : { etag: tag };
    response.writeHead(from > 0 ? 206 : 200, {
      ...{ "content-length": file.length - from, ...tags },
      ...(from > 0 ? range : {}),
    });
    response.end(file.subarray(from));
  };
/** What is to happen once something of an answer has arrived. */
const heard: (() => void)[] = [];
const onBytes = () => {
  for (const next of heard.splice(0)) next();
};
/** Gives a piece of the file, and no more to anybody. */
const stopAfter =
  (file: Buffer, bytes: number, tag: string): Answer =>
  (response, { headers: asked }) => {
    if (asked.range !== undefined) return void response.destroy();
    response.writeHead(200, { "content-length": file.length, etag: tag }).write(file.subarray(0, bytes));
    heard.push(() => response.destroy());
  };

describe("a hub that leads elsewhere", () => {
  it("should be believed about the file's checksum, which is not told where the file is", async () => {
    const elsewhere = await serve(send(other, '"not-a-digest"'));
    const hub = await serve(lead(`${elsewhere.url}/x`, { "x-linked-etag": `"${digest(content)}"` }));
    await expect(get(hub.url)).rejects.toThrow(/checksum/);
    const honest = await serve(send(content, '"not-a-digest"'));
    const second = await serve(lead(`${honest.url}/x`, { "x-linked-etag": `"${digest(content)}"` }));
    expect(await get(second.url)).toBe(true);
    expect((await received()).equals(content)).toBe(true);
  });

  it("should have it said where nobody knows a checksum", async () => {
    const hub = await serve(send(content, '"not-a-digest"'));
    expect(await get(hub.url)).toBe(false);
    expect(await get(hub.url, { sha256: digest(content) })).toBe(true);
  });

  it("should be believed about the file's size, and so other bytes are refused at once", async () => {
    const elsewhere = await serve(send(content));
    const hub = await serve(lead(`${elsewhere.url}/x`, { "x-linked-size": content.length + 7 }));
    await expect(get(hub.url)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/and not 200011/),
    });
    expect(elsewhere.paths).toHaveLength(1);
  });

  it("should get its token again at its own other addresses, and nobody else", async () => {
    const elsewhere = await serve(send(content));
    const hub = await serve(lead("/renamed/model.gguf"), lead(`${elsewhere.url}/x`));
    await get(hub.url, {}, { token: "hf_planted" });
    expect(hub.headers.map(({ authorization }) => authorization)).toEqual(Array(2).fill("Bearer hf_planted"));
    expect(elsewhere.headers[0]?.authorization).toBeUndefined();
  });

  it.each(["/round/model.gguf", "model.gguf?again"])("should not be followed for ever: %s", async (to) => {
    const hub = await serve(lead(to));
    await expect(get(hub.url)).rejects.toThrow(/without an end/);
    expect(hub.paths.length).toBeLessThanOrEqual(24);
  });

  it.each(["file:///etc/passwd", "ftp://example.org/x", "data:text/plain,GGUF", "http://"])(
    "should not be followed to %s",
    async (to) => {
      const hub = await serve(lead(to));
      await expect(get(hub.url)).rejects.toMatchObject({ code: "SLUICE_MODEL_DOWNLOAD", retryable: false });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it.each(["http://192.168.0.1/x", "http://localhost:1/x", "http://[::1]:1/x"])(
    "should not be followed into this machine's networks: %s",
    async (to) => {
      const hub = await serve(lead(to));
      await expect(get(hub.url)).rejects.toThrow(/private address/);
    },
  );
});

describe("a file that changes between two commands, whose checksum nobody knows", () => {
  /** What an earlier command left. */
  async function begin(tag: string) {
    const first = await serve(stopAfter(content, 50_000, tag));
    await expect(get(first.url)).rejects.toMatchObject({ retryable: true });
  }

  it.each([
    ["a server that knows If-Range", true],
    ["a server that does not", false],
  ])("should be fetched anew from %s", async (_, honest) => {
    await begin('"one"');
    const second = await serve(send(other, '"two"', honest));
    await get(second.url);
    expect((await received()).equals(other)).toBe(true);
    expect(second.headers[0]).toMatchObject({ range: expect.stringMatching(/^bytes=\d+-$/), "if-range": '"one"' });
    expect(await readdir(folder)).toEqual(["model.gguf"]);
  });

  it("should be gone on with where it is the same", async () => {
    await begin('"one"');
    const second = await serve(send(content, '"one"'));
    await get(second.url);
    expect((await received()).equals(content)).toBe(true);
    expect(second.paths).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["model.gguf"]);
  });

  it("should not be compared by a weak tag, which does not speak of bytes", async () => {
    await begin('W/"one"');
    const second = await serve(send(content, 'W/"one"'));
    await get(second.url);
    expect(second.headers[0]?.["if-range"]).toBeUndefined();
  });
});

describe("a machine and a hub that are at their limits", () => {
  it.each(["ENOSPC", "EDQUOT", "EROFS", "EFBIG"])("should be told at once where the disk refuses: %s", async (code) => {
    const hub = await serve(send(content));
    const onBytes = () => {
      throw Object.assign(new Error(`${code}: write`), { code });
    };
    await expect(get(hub.url, {}, { onBytes })).rejects.toMatchObject({
      ...{ code: "SLUICE_MODEL_DOWNLOAD", retryable: false },
      ...{ message: expect.stringContaining(folder), cure: expect.stringContaining("SLUICE_HOME") },
    });
    expect(hub.paths).toHaveLength(1);
  });

  it("should be waited for until the date that a hub names", async () => {
    const soon = new Date(Date.now() + 60_000).toUTCString();
    const busy: Answer = (response) => void response.writeHead(429, { "retry-after": soon }).end();
    const hub = await serve(busy, send(content));
    await get(hub.url);
    expect(pauses).toEqual([expect.any(Number)]);
    expect(pauses[0]).toBeGreaterThan(20_000);
    expect(pauses[0]).toBeLessThanOrEqual(60_000);
  });
});
