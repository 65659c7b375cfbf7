import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Download, download } from "../../../plugins/llm-local/download.ts";
import { fits, knownModels, memoryOf, suggestedFor } from "../../../plugins/llm-local/known-models.ts";
import { type Answer, refuse, Upstream } from "../../core/kit/upstream/upstream.ts";

const never = new AbortController().signal;
const content = Buffer.concat([Buffer.from("GGUF"), randomBytes(200_000)]);
const sha256 = createHash("sha256").update(content).digest("hex");
const other = Buffer.concat([Buffer.from("GGUF"), randomBytes(200_000)]);

let folder: string;
let path: string;
let pauses: number[];
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-hub-"));
  path = join(folder, "model.gguf");
  pauses = [];
});
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** No pause is waited for, and silence lasts. */
function sleeper() {
  return (ms: number, over: AbortSignal): Promise<void> => {
    if (ms !== 60_000) {
      pauses.push(ms);
      return Promise.resolve();
    }
    const { promise, reject } = Promise.withResolvers<void>();
    over.addEventListener("abort", () => reject(over.reason));
    return promise;
  };
}

async function fetchFrom(answers: readonly Answer[], what: Partial<Download> = {}, means: object = {}) {
  const hub = await Upstream.start(...answers);
  open.push(hub);
  const wanted = { url: `${hub.url}/owner/repo/resolve/main/model.gguf`, path, magic: "GGUF", ...what };
  const going = download(wanted, { fetch, sleep: sleeper(), onBytes, ...means }, never);
  return { hub, going };
}

const send =
  (file: Buffer, headers: Record<string, string | number> = {}): Answer =>
  (response, request) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      ...(from > 0 ? range : {}),
      "content-length": file.length - from,
      ...headers,
    });
    response.end(file.subarray(from));
  };
/** What is to happen once something of an answer has arrived. */
const heard: (() => void)[] = [];
const onBytes = () => {
  for (const next of heard.splice(0)) next();
};
const breakOff =
  (file: Buffer, after: number): Answer =>
  (response, request) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = {
      "content-length": file.length - from,
      "content-range": `bytes ${from}-${file.length - 1}/${file.length}`,
    };
    response.writeHead(from > 0 ? 206 : 200, headers).write(file.subarray(from, from + after));
    heard.push(() => response.destroy());
  };
const wait =
  (seconds: string): Answer =>
  (response) =>
    void response.writeHead(429, { "retry-after": seconds }).end("slow down");

const left = async () => (await readdir(folder)).sort();

describe("a hub that breaks off", () => {
  it("should be asked for the rest, again and again while it gives some", async () => {
    const { hub, going } = await fetchFrom([...Array(3).fill(breakOff(content, 40_000)), send(content)], { sha256 });
    await going;
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(hub.headers.map(({ range }) => range)).toEqual([
      undefined,
      ...Array(3).fill(expect.stringMatching(/^bytes=\d/)),
    ]);
  });

  it("should be given up after four attempts, with what came kept for the next command", async () => {
    const { going } = await fetchFrom([breakOff(content, 10_000)], { sha256 });
    await expect(going).rejects.toMatchObject({ code: "SLUICE_MODEL_DOWNLOAD", retryable: true });
    expect(await left()).toEqual(["model.gguf.part"]);
    const { going: again } = await fetchFrom([send(content)], { sha256 });
    await again;
    expect(await left()).toEqual(["model.gguf"]);
  });

  it("should be left where it goes silent, and asked again", async () => {
    const asleep = sleeper();
    let silences = 0;
    const silentOnce = (ms: number, over: AbortSignal) =>
      ms === 60_000 && silences++ === 0 ? Promise.resolve() : asleep(ms, over);
    const silent: Answer = (response) =>
      void response.writeHead(200, { "content-length": content.length }).write("GGUF");
    const { going } = await fetchFrom([silent, send(content)], { sha256 }, { sleep: silentOnce });
    await expect(going.then(() => readFile(path))).resolves.toEqual(content);
  });

  it("should begin again where what lay there was of another version", async () => {
    await writeFile(`${path}.part`, other.subarray(0, 50_000));
    const { hub, going } = await fetchFrom([send(content)], { sha256 });
    await going;
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(hub.headers.map(({ range }) => range)).toEqual(["bytes=50000-", undefined]);
  });

  it("should not be believed where it goes on at another byte", async () => {
    await writeFile(`${path}.part`, content.subarray(0, 50_000));
    const elsewhere: Answer = (response) =>
      void response.writeHead(206, { "content-range": "bytes 0-99/100" }).end(content.subarray(0, 100));
    const { going } = await fetchFrom([elsewhere, send(content)], { sha256 });
    await going;
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it("should not be asked for ever for a range that it never has", async () => {
    await writeFile(`${path}.part`, content.subarray(0, 50_000));
    const { hub, going } = await fetchFrom([refuse(416)]);
    await expect(going).rejects.toThrow(/HTTP 416/);
    expect(hub.paths.length).toBeLessThan(4);
  });
});

describe("a hub that lies about sizes", () => {
  it("should be left at once where it has another number of bytes than is known", async () => {
    const { hub, going } = await fetchFrom([send(content)], { sha256, size: content.length + 1 });
    await expect(going).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/200004 bytes and not 200005/),
    });
    expect([hub.paths.length, await left()]).toEqual([1, []]);
  });

  it("should be held to the known number where it tells none, and never write more", async () => {
    const more: Answer = (response) => void response.writeHead(200).end(Buffer.concat([content, content]));
    const { going } = await fetchFrom([more], { sha256, size: content.length });
    await expect(going).rejects.toThrow(/more than the 200004 bytes/);
  });

  it("should be refused where the disk has no room for what it tells", async () => {
    const huge: Answer = (response) => void response.writeHead(200, { "content-length": 9e15 }).write("GGUF");
    const { going } = await fetchFrom([huge]);
    await expect(going).rejects.toMatchObject({
      message: expect.stringMatching(/the disk has/),
      cure: expect.stringContaining("room"),
    });
  });

  it("should not pass off a page as a model, nor an empty file", async () => {
    for (const page of ["<!doctype html><title>Sign in</title>", ""]) {
      const { going } = await fetchFrom([(response) => void response.writeHead(200).end(page)]);
      await expect(going).rejects.toThrow(/no GGUF file/);
      expect(await left()).toEqual([]);
    }
  });

  it("should have its own checksum compared where we know none", async () => {
    const { going } = await fetchFrom([send(other, { "x-linked-etag": `"${sha256}"` })]);
    await expect(going).rejects.toThrow(/checksum/);
    const { going: honest } = await fetchFrom([send(content, { etag: `"${sha256}"` })]);
    await honest;
    expect(await left()).toEqual(["model.gguf"]);
  });
});

describe("a hub that refuses", () => {
  it.each([401, 403])("should be asked once, with what to do about %i", async (status) => {
    const { hub, going } = await fetchFrom([refuse(status)]);
    await expect(going).rejects.toMatchObject({ retryable: false, cure: expect.stringContaining("HF_TOKEN") });
    expect(hub.paths).toHaveLength(1);
    const { hub: second, going: withToken } = await fetchFrom([refuse(status)], {}, { token: "hf_planted" });
    await expect(withToken).rejects.toMatchObject({ cure: expect.stringContaining("Accept") });
    expect(second.headers[0]?.authorization).toBe("Bearer hf_planted");
    await expect(withToken).rejects.not.toThrow(/hf_planted/);
  });

  it("should be asked once for what is not there", async () => {
    const { hub, going } = await fetchFrom([refuse(404)]);
    await expect(going).rejects.toMatchObject({ retryable: false, cure: expect.stringContaining("models list") });
    expect(hub.paths).toHaveLength(1);
  });

  it("should be waited for as long as it says, and no longer than two minutes", async () => {
    const { going } = await fetchFrom([wait("7"), wait("2"), send(content)], { sha256 });
    await going;
    expect(pauses).toEqual([7_000, 2_000]);
    const { hub, going: hours } = await fetchFrom([wait("7200")]);
    await expect(hours).rejects.toMatchObject({ cure: expect.stringContaining("Wait") });
    expect(hub.paths).toHaveLength(1);
  });

  it("should be asked again later where it fails, and then be given up", async () => {
    const { hub, going } = await fetchFrom([refuse(503)]);
    await expect(going).rejects.toThrow(/HTTP 503/);
    expect([hub.paths.length, pauses]).toEqual([4, [1_000, 2_000, 4_000]]);
  });

  it("should not be told its token where it leads elsewhere", async () => {
    const mirror = await Upstream.start(send(content));
    open.push(mirror);
    const { going } = await fetchFrom(
      [(response) => void response.writeHead(302, { location: `${mirror.url}/x` }).end()],
      { sha256 },
      { token: "hf_planted" },
    );
    await going;
    expect(mirror.headers[0]?.authorization).toBeUndefined();
  });
});

describe("the models that are known", () => {
  it("should each have a licence, a size, and a revision where there is a checksum", () => {
    for (const [name, model] of Object.entries(knownModels)) {
      expect([name, model.licence.length > 3, model.size > 1e7]).toEqual([name, true, true]);
      if (model.sha256 === undefined || !("hub" in model.source)) continue;
      expect([name, model.sha256, model.source.revision]).toEqual([
        name,
        expect.stringMatching(/^[0-9a-f]{64}$/),
        expect.stringMatching(/^[0-9a-f]{40}$/),
      ]);
    }
  });

  const gigabytes = (count: number) => count * 1e9;
  it.each([
    [1, 1, "smollm2-135m"],
    [2, 1, "qwen2.5-coder-0.5b"],
    [4, 2, "qwen2.5-coder-1.5b"],
    [64, 2, "qwen2.5-coder-1.5b"],
    [8, 8, "qwen2.5-coder-1.5b"],
    [16, 8, "qwen2.5-coder-7b"],
  ])("should suggest for %i GB and %i cores: %s", (memory, cores, name) => {
    const machine = { memory: gigabytes(memory), cores };
    expect(suggestedFor(machine)).toBe(name);
    const model = knownModels[name] ?? { size: 0 };
    expect([fits(model, machine), memoryOf(model) < machine.memory]).toEqual([true, true]);
  });

  it("should suggest nothing whose licence is not free, and a general one where that is asked for", () => {
    const suggested = [1, 2, 4, 8, 16, 64].map((memory) => suggestedFor({ memory: gigabytes(memory), cores: 64 }));
    expect(suggested.every((name) => knownModels[name]?.free)).toBe(true);
    expect(suggestedFor({ memory: gigabytes(16), cores: 8 }, "general")).toBe("qwen3-4b");
  });
});
