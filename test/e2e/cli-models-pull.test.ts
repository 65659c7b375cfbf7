import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Answer, refuse, Upstream } from "../core/kit/upstream/upstream.ts";
import { modelHome, Place } from "./cli-kit.ts";

const file = Buffer.concat([Buffer.from("GGUF"), randomBytes(3_000_000)]);
const digest = createHash("sha256").update(file).digest("hex");
const repository = `tester-${process.pid}/made-up`;

/** Sends what is asked for; `most` bytes, and then it breaks off. */
const send =
  (most = file.length): Answer =>
  (response, { headers }) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` };
    response.writeHead(from > 0 ? 206 : 200, { "content-length": file.length - from, ...(from > 0 ? range : {}) });
    const piece = file.subarray(from, from + most);
    if (from + piece.length === file.length) response.end(piece);
    // What was sent has to be read before the connection ends, or it counts as never sent.
    else response.write(piece, () => setTimeout(() => response.destroy(), 1_000));
  };
const lead =
  (headers: Record<string, string>): Answer =>
  (response) =>
    void response.writeHead(302, { location: "/elsewhere", ...headers }).end();
const honest = lead({ "x-linked-etag": `"${digest}"`, "x-linked-size": String(file.length) });

describe("sluice models pull, from a hub that misbehaves", () => {
  let place: Place;
  const open: AsyncDisposable[] = [];
  beforeAll(() => {
    place = new Place(
      `version: 1\nplugins: { tiny: { use: llm-local, with: { model: "hf:${repository}/m.gguf" } } }\nflows: { chat: tiny }\n`,
    );
  });
  afterEach(async () => {
    for (const hub of open.splice(0)) await hub[Symbol.asyncDispose]();
    rmSync(kept(), { recursive: true, force: true });
  });
  afterAll(() => place[Symbol.asyncDispose]());
  const kept = () => join(modelHome, "data/models", repository.replace("/", "--"));

  async function pull(...answers: readonly Answer[]) {
    const hub = await Upstream.start(...answers);
    open.push(hub);
    const env = { SLUICE_HOME: modelHome, HF_ENDPOINT: hub.url };
    const { code, stderr } = await place.run(["models", "pull"], { env });
    return { code, stderr, hub };
  }

  it.each([
    ["401", refuse(401), /HTTP 401[\s\S]*HF_TOKEN/],
    ["404", refuse(404), /HTTP 404[\s\S]*models list/],
    [
      "429 for hours",
      (response) => void response.writeHead(429, { "retry-after": "9000" }).end(),
      /HTTP 429[\s\S]*mirror/,
    ],
    ["a page", (response) => void response.end("<!doctype html>"), /no GGUF file/],
    ["a redirect without end", lead({}), /without an end/],
  ] as readonly (readonly [string, Answer, RegExp])[])("should say what to do about %s", async (_, answer, words) => {
    const { code, stderr } = await pull(answer);
    expect([code, stderr]).toEqual([69, expect.stringMatching(words)]);
    expect(stderr).toContain("SLUICE_MODEL_DOWNLOAD");
  });

  it("should say that the hub lies about the size, and about the checksum", async () => {
    const size = await pull(lead({ "x-linked-size": "7" }), send());
    expect([size.code, size.stderr]).toEqual([69, expect.stringMatching(/3000004 bytes and not 7/)]);
    const other = await pull(lead({ "x-linked-etag": `"${"0".repeat(64)}"` }), send());
    expect([other.code, other.stderr]).toEqual([69, expect.stringMatching(/checksum/)]);
  });

  it("should wait for a hub that is busy, go on where it broke off, and have the file", async () => {
    const busy: Answer = (response) => void response.writeHead(429, { "retry-after": "1" }).end();
    const { code, stderr, hub } = await pull(busy, honest, send(1_000_000), honest, send());
    // Lines of their own: what we say of it is not one line in which line breaks are written out.
    const told = stderr.slice(stderr.indexOf("tiny: ")).trimEnd().split("\n");
    expect([code, told[0]]).toEqual([0, expect.stringMatching(/^tiny: .* is there/)]);
    expect(told.slice(1).every((line) => /^ {2}\S/.test(line))).toBe(true);
    expect(stderr).not.toContain("\\n");
    expect(hub.headers.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(readFileSync(join(kept(), "m.gguf")).equals(file)).toBe(true);
    expect(stderr).not.toContain("No checksum");
  });
});
