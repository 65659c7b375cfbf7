import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { Model } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { eventJson } from "../../core/kit/index.ts";
import { unpack, unpackElsewhere } from "../../plugins/store-sqlite/packing.ts";
import { type Answer, Upstream } from "../core/kit/upstream/upstream.ts";

const execute = promisify(execFile);

/** Each of another form, so that what is found tells whose it is. */
const keys = {
  GPT: "sk-proj-Planted1gptKEY0123456789",
  CLAUDE: "sk-ant-Planted2claudeKEY0123456789",
  GEMINI: "AIzaPlanted3geminiKEY0123456789",
  HOUSE: "planted4-house-key-without-a-form",
  TEAM: "planted5-header-value-of-a-gateway",
  OLLAMA: "planted6-ollama/key+with=signs",
};
const later = "sk-Planted7set-while-running-012345";
const planted = [...Object.values(keys), later];

/** A provider that repeats everything it was sent, keys first. */
const telltale: Answer = (response, request, body) => {
  const message = `Refused. You sent ${JSON.stringify(request.headers)} ${request.url} ${body}`;
  response.writeHead(401, { "content-type": "application/json", "x-echo": "echo" });
  response.end(JSON.stringify({ error: { message, type: "authentication_error", code: "invalid_api_key" } }));
};

/** Looks for keys wherever a program can look. */
const nosy = `import glob, os
print(dict(os.environ))
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try: print(path, open(path, "rb").read())
    except OSError as error: print(path, error)
`;

const profileOf = (url: string) => `version: 1
plugins:
  gpt: { use: llm-openai, with: { model: m, apiKey: "\${env:GPT}", baseURL: "${url}/v1", retry: { attempts: 1 } } }
  claude: { use: llm-anthropic, with: { model: m, apiKey: "\${env:CLAUDE}", baseURL: "${url}/v1" } }
  gemini: { use: llm-google, with: { model: m, apiKey: "\${env:GEMINI}", baseURL: "${url}/v1beta" } }
  house:
    use: llm-openai-compatible
    with: { model: m, apiKey: "\${env:HOUSE}", baseURL: "${url}/v1", headers: { x-team: "\${env:TEAM}" } }
  ollama: { use: llm-ollama, with: { model: m, apiKey: "\${env:OLLAMA}", baseURL: "${url}" } }
  script: { use: llm-scripted, with: { script: [${JSON.stringify({ text: "I look.", code: nosy })}, Done.] } }
  box: { use: docker-sandbox, with: { pool: 0, preload: [] } }
  transport: { use: websocket, with: { listen: "127.0.0.1:0" } }
  api: { use: openai-api, with: { listen: "127.0.0.1:0" } }
  store: { use: store-sqlite, with: { path: home/journal.db } }
  file: { use: log-file, with: { path: home/host.ndjson, level: trace } }
  console: { use: log-console, with: { level: trace } }
flows:
  chat: { loop: [{ fallback: [gpt, claude, gemini, house, ollama, script] }, box], until: done, max: 3 }
`;

/** A key as it is, and as it would be in a URL, in base64, in hexadecimal. */
function formsOf(key: string): readonly string[] {
  const bytes = Buffer.from(key);
  // The ends of a base64 depend on what stands around it; the middle of each of three alignments does not.
  const inBase64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .slice(4, -4),
  );
  return [key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1), bytes.toString("hex"), ...inBase64];
}

function leaksIn(text: string): readonly string[] {
  return planted.filter((key) => formsOf(key).some((form) => text.includes(form)));
}

function filesIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("keys", () => {
  let upstream: Upstream;
  let folder: string;
  let host: Host;
  const frames: string[] = [];
  const printed: string[] = [];
  const container: string[] = [];
  const answers: string[] = [];

  beforeAll(async () => {
    upstream = await Upstream.start(telltale);
    folder = mkdtempSync(join(tmpdir(), "sluice-keys-"));
    const profile = join(folder, "sluice.yaml");
    writeFileSync(profile, profileOf(upstream.url));
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, "write").mockImplementation((chunk, ...more: unknown[]) => {
        printed.push(String(chunk));
        const written = more.find((each) => typeof each === "function");
        if (written) queueMicrotask(() => written());
        return true;
      });
    }
    const env = { PATH: process.env["PATH"], SLUICE_HOME: join(folder, "home"), ...keys };
    host = await createHost({ profile, cwd: folder, env, transports: true, logLevel: "trace" });
    const address = host.addresses[0] ?? "";
    const socket = new WebSocket(address.replace("http", "ws"), ["sluice.v1"]);
    const told = (...fits: readonly string[]) =>
      vi.waitUntil(() => frames.some((frame) => fits.every((fit) => frame.includes(fit))), { timeout: 60_000 });
    socket.on("message", (data) => frames.push(data.toString()));
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    await once(socket, "open");
    send({ t: "hello", client: "keys", token: host.info.token });
    await told('"welcome"');
    send({ t: "watch", id: "w", watch: "all", history: 1000 });
    const ask = async (id: string) => {
      send({ t: "open", id, flow: "chat", session: "s", input: { text: "Find the keys." } });
      await told('"opened"', `"${id}"`);
    };
    await ask("first");
    await told("run-end");
    for (const id of ["gpt", "claude", "gemini", "house", "ollama"]) {
      send({ t: "call", id: `get-${id}`, method: "settings.get", params: { instance: id } });
      await told(`"get-${id}"`);
    }
    const values = { apiKey: later };
    send({ t: "call", id: "set", method: "settings.set", params: { instance: "gpt", values } });
    await told('"set"');
    await ask("second");
    await vi.waitUntil(() => frames.filter((frame) => frame.includes("run-end")).length > 1, { timeout: 60_000 });
    for (const id of ["gpt", "claude", "gemini", "house", "ollama"]) {
      const model = host.instance(id) as Model;
      const outcome = Promise.resolve(model.probe?.(new AbortController().signal));
      answers.push(
        await outcome.then(JSON.stringify, (error: Error) => JSON.stringify([error, error.message, error.stack])),
      );
    }
    const headers = { authorization: `Bearer ${host.info.token}`, "content-type": "application/json" };
    const body = JSON.stringify({ model: "gpt", messages: [{ role: "user", content: "hi" }] });
    const refused = await fetch(`${address}/v1/chat/completions`, { method: "POST", headers, body });
    answers.push(await refused.text());
    answers.push(JSON.stringify(host.config));

    const filter = ["--filter", `label=sluicebox.pid=${process.pid}`, "--filter", "label=sluicebox.session"];
    const { stdout } = await execute("docker", ["ps", "--quiet", ...filter]);
    const [id = ""] = stdout.split("\n");
    const asked = [
      ["inspect", id],
      ["logs", id],
      ["exec", id, "env"],
      ["exec", id, "sh", "-c", "cat /proc/*/environ"],
    ];
    for (const args of asked) container.push(...Object.values(await execute("docker", args).catch(String)));
    socket.terminate();
    await host.close({ drain: 0 });
    vi.restoreAllMocks();
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await host?.close({ drain: 0 });
    await upstream[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("should reach the providers, so that there was something to leak", () => {
    const sent = JSON.stringify([upstream.headers, upstream.paths]);
    expect(planted.filter((key) => !sent.includes(key))).toEqual([]);
  });

  it("should be found by this test where they are", () => {
    for (const key of planted) {
      for (const form of [key, Buffer.from(`x${key}`).toString("base64"), encodeURIComponent(key)]) {
        expect(leaksIn(`around ${form} it`)).toContain(key);
      }
    }
  });

  it("should be in no frame of a socket that watches everything", () => {
    const all = frames.join("\n");
    for (const seen of ["SLUICE_MODEL_AUTH", "exec-stdout", "config-changed", "audit"]) expect(all).toContain(seen);
    expect(leaksIn(all)).toEqual([]);
  });

  it("should be in no line on the terminal", () => {
    expect(printed.join("")).toContain("SLUICE_MODEL_AUTH");
    expect(leaksIn(printed.join(""))).toEqual([]);
  });

  it("should be in no answer of a probe, a transport or the configuration", () => {
    expect(answers).toHaveLength(7);
    expect(answers.join("\n")).toContain("SLUICE_MODEL_AUTH");
    expect(leaksIn(answers.join("\n"))).toEqual([]);
  });

  it("should be in no file: journal, logs, state", async () => {
    const files = filesIn(folder);
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual(
      expect.arrayContaining(["home/journal.db", "home/host.ndjson", "sluice.yaml"]),
    );
    const leaks = files.flatMap((file) => leaksIn(readFileSync(file, "latin1")).map((key) => [file, key]));
    expect(leaks).toEqual([]);
    // The journal packs its large events.
    const database = new DatabaseSync(join(folder, "home", "journal.db"), { readOnly: true });
    const kept = database.prepare("SELECT event FROM events").all();
    database.close();
    const events = await Promise.all(kept.map(({ event }) => unpack(event) ?? unpackElsewhere(event)));
    expect(leaksIn(events.map(eventJson).join("\n"))).toEqual([]);
    // What was said is there, so that the search could have found it.
    const bytes = files.map((file) => readFileSync(file, "latin1")).join("\n");
    expect(bytes).toContain("Find the keys.");
    expect(bytes).toContain("SLUICE_MODEL_AUTH");
  });

  it("should be neither in the container nor in what the engine tells of it", () => {
    const all = container.join("\n");
    expect(all).toContain("HostConfig");
    expect(all).toContain("PATH=");
    expect(leaksIn(all)).toEqual([]);
  });
});
