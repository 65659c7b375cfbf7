import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { FakeRun } from "../websocket/fake-host.ts";
import { key, keyed, serveLmc } from "./lmc-kit.ts";

const answer = (run: FakeRun) => {
  run.text("Hello");
  run.text(" there");
  run.end();
};

const post = (address: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(address, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

describe("the HTTP routes of the LMC transport", () => {
  it("should be alive for everybody, and ask for the key everywhere else", async () => {
    await using server = await serveLmc({ chat: answer }, { key: "right-key" });
    expect(await (await fetch(`${server.address}/heartbeat`)).json()).toEqual({ status: "alive" });
    const refused = await post(`${server.address}/settings`, { auto_run: true });
    expect([refused.status, await refused.json()]).toEqual([403, { detail: "Authentication failed" }]);
    const headers = { "x-api-key": "right-key" };
    expect(await (await post(`${server.address}/settings`, { auto_run: true }, headers)).json()).toEqual({
      status: "success",
    });
  });

  it("should set the live options of the flow's model, by the original's names, with the role that may", async () => {
    await using server = await serveLmc({ chat: answer }, { key });
    server.host.flows[0]?.instances.push("fake");
    const llm = {
      model: "m",
      api_base: "http://127.0.0.1:1/v1",
      api_key: "k",
      temperature: 0,
      supports_functions: false,
    };
    expect(await (await post(`${server.address}/settings`, { llm }, keyed)).json()).toEqual({ status: "success" });
    const values = { model: "m", baseURL: "http://127.0.0.1:1/v1", apiKey: "k" };
    expect(server.host.set).toEqual([{ instance: "fake", values, origin: "lmc" }]);
    const shown = (await (await fetch(`${server.address}/settings/llm`, { headers: keyed })).json()) as string;
    expect(JSON.parse(shown)).toEqual({
      llm: { model: "m", api_base: "http://127.0.0.1:1/v1", temperature: 0, supports_functions: false },
    });
  });

  it("should tell settings as JSON in a JSON string, and unknown ones as the original does", async () => {
    await using server = await serveLmc({ chat: answer });
    await post(`${server.address}/settings`, { auto_run: true });
    const text = (await (await fetch(`${server.address}/settings/auto_run`)).json()) as string;
    expect(JSON.parse(text)).toEqual({ auto_run: true });
    const unknown = await post(`${server.address}/settings`, { nope: 1 });
    expect([unknown.status, await unknown.json()]).toEqual([200, [{ error: "Setting nope not found" }, 404]]);
    const missing = await fetch(`${server.address}/settings/nope`);
    expect([missing.status, await missing.json()]).toEqual([200, ['{"error":"Setting not found"}', 404]]);
  });

  it("should have every form of the original for what a setting holds", async () => {
    await using server = await serveLmc({ chat: answer });
    const shown = async (name: string) => {
      const response = await fetch(`${server.address}/settings/${name}`);
      return [response.status, await response.json()];
    };
    await post(`${server.address}/settings`, { computer: { verbose: false }, custom_instructions: "Be brief." });
    expect(await shown("custom_instructions")).toEqual([200, '{"custom_instructions":"Be brief."}']);
    expect(await shown("system_message")).toEqual([200, '{"system_message":null}']);
    expect(await shown("computer")).toEqual([200, [{ error: "Failed to serialize the setting value" }, 500]]);
    expect(await shown("llm")).toEqual([200, '{"llm":{}}']);
    for (const name of ["toString", "__proto__", ""]) {
      expect(await shown(name)).toEqual([200, ['{"error":"Setting not found"}', 404]]);
    }
    const wrong = await fetch(`${server.address}/settings`, { method: "POST", body: "no JSON" });
    expect(wrong.status).toBe(422);
    const half = await post(`${server.address}/settings`, { auto_run: true, llm: 5 });
    expect(await half.json()).toEqual([{ error: "Setting llm not found" }, 404]);
  });

  it.each([
    ["auto_run", "false"],
    ["auto_run", 0],
    ["verbose", true],
    ["debug", true],
    ["safe_mode", "ask"],
    ["max_output", 10],
    ["loop", true],
    ["loop_message", "go on"],
    ["user_message_template", "{content}!"],
    ["code_output_template", "It printed {content}"],
    ["system_message", 5],
  ])("should refuse what it does not do, and keep nothing of it (%s: %j)", async (name, value) => {
    await using server = await serveLmc({ chat: answer });
    const shown = async () => (await fetch(`${server.address}/settings/${name}`)).json();
    const before = await shown();
    const refused = await (await post(`${server.address}/settings`, { [name]: value })).json();
    expect(refused).toEqual([{ error: expect.stringContaining(`Setting ${name} is not supported`) }, 400]);
    expect(await shown()).toEqual(before);
  });

  it.each([
    ["llm", "context_window", 8000],
    ["llm", "max_tokens", 100],
    ["llm", "max_budget", 0.01],
    ["llm", "api_version", "2024-01-01"],
    ["llm", "vision_renderer", "x"],
    ["llm", "execution_instructions", "Write code."],
    ["llm", "supports_functions", "yes"],
    ["computer", "verbose", true],
    ["computer", "emit_images", false],
    ["computer", "import_computer_api", true],
    ["computer", "import_skills", true],
    ["computer", "max_output", 10],
    ["computer", "system_message", "You have a computer."],
    ["computer", "api_base", "https://example.org"],
    ["computer", "languages", ["ruby"]],
  ])(
    "should refuse a sub-setting that it does not honour, and set nothing beside it (%s.%s: %j)",
    async (group, name, value) => {
      await using server = await serveLmc({ chat: answer }, { key });
      server.host.flows[0]?.instances.push("fake");
      await post(`${server.address}/settings`, { llm: { model: "m" } }, keyed);
      const beside = group === "llm" ? { model: "other" } : { offline: true };
      const body = { [group]: { ...beside, [name]: value } };
      expect(await (await post(`${server.address}/settings`, body, keyed)).json()).toEqual([
        { error: `Setting ${group}.${name} is not supported with the value ${JSON.stringify(value)}` },
        400,
      ]);
      expect(server.host.set).toHaveLength(1);
      const shown = await (await fetch(`${server.address}/settings/llm`, { headers: keyed })).json();
      expect(shown).not.toContain("other");
    },
  );

  it.each([
    ["llm", "nope"],
    ["llm", "toString"],
    ["computer", "nope"],
    ["computer", "model"],
  ])("should not know a sub-setting that the original has not (%s.%s)", async (group, name) => {
    await using server = await serveLmc({ chat: answer });
    const refused = await (await post(`${server.address}/settings`, { [group]: { [name]: null } })).json();
    expect(refused).toEqual([{ error: `Setting ${group}.${name} not found` }, 404]);
  });

  it.each([
    ["messages", [{ role: "user", type: "message", content: "said elsewhere" }]],
    ["messages", "x"],
    ["auto_run", null],
  ])("should refuse what it could only pretend to do (%s: %j)", async (name, value) => {
    await using server = await serveLmc({ chat: answer });
    const refused = await (await post(`${server.address}/settings`, { [name]: value })).json();
    expect(refused).toEqual([{ error: expect.stringContaining(`Setting ${name} is not supported`) }, 400]);
  });

  it("should take what the original has by default", async () => {
    await using server = await serveLmc({ chat: answer });
    const defaults = { verbose: false, debug: false, safe_mode: "off", max_output: 2800, loop: false, offline: true };
    const templates = { user_message_template: "{content}", loop_message: null };
    const llm = { supports_functions: null, context_window: null, max_tokens: null, api_base: null, api_version: null };
    const computer = { verbose: false, emit_images: true, import_computer_api: false, offline: false };
    const set = await post(`${server.address}/settings`, { ...defaults, ...templates, llm, computer });
    expect(await set.json()).toEqual({ status: "success" });
  });

  it("should begin a new conversation when messages are emptied", async () => {
    await using server = await serveLmc({ chat: answer }, { key });
    const socket = await server.connect();
    await socket.authenticate();
    socket.say("one");
    await socket.completed(1);
    await post(`${server.address}/settings`, { messages: [] }, keyed);
    socket.say("two");
    await socket.completed(2);
    const [first, second] = [...server.host.all.values()].map(({ session }) => session);
    expect(first).not.toBe(second);
  });

  it("should stream completions as chunks, without a last word", async () => {
    await using server = await serveLmc({ chat: answer });
    const messages = [{ role: "user", content: "hi" }];
    const url = `${server.address}/openai/chat/completions`;
    const text = await (await post(url, { model: "x", messages, stream: true })).text();
    const chunks = text
      .split("\n\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line.slice("data: ".length)));
    expect(chunks).toMatchObject([
      { object: "chat.completion.chunk", choices: [{ delta: { content: "Hello" } }] },
      { object: "chat.completion.chunk", choices: [{ delta: { content: " there" } }] },
    ]);
    expect(await (await post(url, { messages })).json()).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: "Hello there" } }],
    });
    expect((await post(url, { messages: [{ role: "system", content: "x" }] })).status).toBe(422);
    expect([...server.host.all.values()].map(({ session }) => session)).toEqual(["lmc", "lmc"]);
  });

  it("should approve what a completion asks for where auto_run is set, and leave it refused where it is not", async () => {
    const guarded = async (run: FakeRun) => {
      run.emit("approval-request", { message: "run it?" });
      if (run.options.interactive) await once(run.changed, "answer");
      run.end();
    };
    await using server = await serveLmc({ chat: guarded });
    const messages = [{ role: "user", content: "hi" }];
    const url = `${server.address}/openai/chat/completions`;
    await (await post(url, { messages, stream: true })).text();
    await post(`${server.address}/settings`, { auto_run: true });
    await (await post(url, { messages, stream: true })).text();
    await (await post(url, { messages })).json();
    const runs = [...server.host.all.values()].map(({ options, answers }) => [options.interactive, answers]);
    const approved = [true, [{ kind: "approval", approved: true, question: 2 }]];
    expect(runs).toEqual([[false, []], approved, approved]);
  });

  it("should cancel the run of a completion whose client goes away", async () => {
    await using server = await serveLmc({ chat: (run) => run.text("waiting") });
    const abort = new AbortController();
    const body = JSON.stringify({ messages: [{ role: "user", content: "hi" }], stream: true });
    const url = `${server.address}/openai/chat/completions?session=mine`;
    await fetch(url, { method: "POST", body, signal: abort.signal });
    abort.abort();
    const run = server.host.all.get("run-1");
    expect((await run?.done)?.data.status).toBe("cancelled");
    expect(run?.session).toBe("mine");
  });

  it("should serve run, upload and download only when asked for", async () => {
    await using closed = await serveLmc({ chat: answer });
    for (const path of ["/run", "/upload"]) expect((await post(closed.address + path, {})).status).toBe(404);
    const print = (run: FakeRun) => {
      run.emit("exec-stdout", { text: "1\n", offset: 0 });
      run.end();
    };
    await using server = await serveLmc({ chat: answer, run: print }, { insecureRoutes: true });
    const ran = await post(`${server.address}/run`, { language: "python", code: "print(1)" });
    expect(await ran.json()).toEqual({
      output: [{ role: "computer", type: "console", format: "output", content: "1\n" }],
    });
    const form = new FormData();
    form.set("path", "data/a.bin");
    form.set("file", new Blob([new Uint8Array([0, 13, 10, 45, 45, 255])]), "a.bin");
    const up = await fetch(`${server.address}/upload`, { method: "POST", body: form });
    expect(await up.json()).toEqual({ status: "success" });
    const down = await fetch(`${server.address}/download/${encodeURIComponent("data/a.bin")}`);
    expect([...new Uint8Array(await down.arrayBuffer())]).toEqual([0, 13, 10, 45, 45, 255]);
    expect((await fetch(`${server.address}/download/nope`)).status).toBe(404);
  });

  it("should refuse to serve a flow that is not there, and an open address without a key", async () => {
    await expect(serveLmc({ other: answer })).rejects.toMatchObject({ code: "SLUICE_FLOW_NOT_FOUND" });
    const open = serveLmc({ chat: answer }, { listen: "0.0.0.0:0" });
    await expect(open).rejects.toMatchObject({ code: "SLUICE_CONFIG_UNSAFE" });
  });
});
