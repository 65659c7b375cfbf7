import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunEvent, Transport } from "../../../core/contract/index.ts";
import { createHost, type Host } from "../../../core/index.ts";
import { LeakCheck } from "../../../core/testing/index.ts";

const fixtures = resolve(import.meta.dirname, "../../fixtures");
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-reload-"));
  file = join(folder, "sluice.yaml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const scripted = (text: string, more = "") =>
  `{ use: llm-scripted, with: { script: [{ text: ${text} }], repeat: true${more} } }`;
const write = (plugins: string, flows = "{ chat: model }") =>
  writeFileSync(file, `version: 1\nplugins:\n${plugins.replace(/^/gm, "  ")}\nflows: ${flows}\n`);
const start = (plugins: string, flows?: string): Promise<Host> => {
  write(plugins, flows);
  return createHost({ profile: file, cwd: folder, env: { SLUICE_HOME: join(folder, "home") }, transports: true });
};
const reload = (host: Host) => host.operation.profile.reload("test");

/** A plugin of its own beside the profile. */
function plugin(name: string, manifest: object, code: string): void {
  mkdirSync(join(folder, name));
  const whole = { name, api: 1, description: name, config: { type: "object" }, ...manifest };
  writeFileSync(join(folder, name, "plugin.json"), JSON.stringify(whole));
  writeFileSync(join(folder, name, "index.js"), code);
}

async function ask(host: Host, flow = "chat"): Promise<string> {
  return textOf(host.runs.open({ flow, input: { text: "hi" } }).events());
}

async function textOf(events: AsyncIterable<RunEvent>): Promise<string> {
  let text = "";
  for await (const event of events) {
    if (event.type === "text-delta") text += event.data.text;
    if (event.type === "error") text += event.data.code;
  }
  return text;
}

const listening = { type: "object", properties: { listen: { type: "string", "x-unit": "address" } } };

const instance = (host: Host, id: string) => {
  try {
    return host.instance(id);
  } catch {
    return undefined;
  }
};

describe("a reload", () => {
  it("should touch nothing where nothing has changed, or only a comment", async () => {
    const listen = `with: { listen: "127.0.0.1:0" }`;
    const plugins = `model: ${scripted("Yes.")}\nwire: { use: websocket, ${listen} }\nlmc: { use: lmc, ${listen} }`;
    await using host = await start(plugins);
    // Transports that share an address have one.
    expect(host.addresses).toHaveLength(1);
    const [model, wire] = [host.instance("model"), host.instance("wire")];
    const before = host.addresses;
    write(`# a comment\n${plugins}`);
    expect(await reload(host)).toMatchObject({ status: "applied", changes: [] });
    expect([host.instance("model"), host.instance("wire"), host.addresses]).toEqual([model, wire, before]);
  });

  it("should add, replace and drop instances and flows, and keep what is unchanged as it is", async () => {
    await using host = await start(`model: ${scripted("one")}\nkept: ${scripted("kept")}`);
    const kept = host.instance("kept");
    write(
      `model: ${scripted("two")}\nkept: ${scripted("kept")}\nmore: ${scripted("more")}`,
      "{ chat: model, also: more }",
    );
    expect(await reload(host)).toMatchObject({
      status: "applied",
      changes: [
        { instance: "model", action: "restart" },
        { instance: "more", action: "add" },
        { instance: "flows", action: "live", options: ["also"] },
      ],
    });
    expect([await ask(host), await ask(host, "also")]).toEqual(["two", "more"]);
    expect(host.flows.map(({ name }) => name)).toEqual(["chat", "also"]);
    write(`model: ${scripted("two")}\nkept: ${scripted("kept")}`);
    expect(await reload(host)).toMatchObject({
      changes: [{ instance: "more", action: "drop" }, { instance: "flows" }],
    });
    expect(await ask(host, "also")).toBe("SLUICE_FLOW_NOT_FOUND");
    expect(instance(host, "more")).toBeUndefined();
    expect(host.instance("kept")).toBe(kept);
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    host.status$.subscribe((all) => resolve(all.map(({ id }) => id))).unsubscribe();
    expect(await promise).not.toContain("more");
  });

  it("should let a run under way finish on what it started with, its flow and its models", async () => {
    const slow = (text: string) => scripted(text, ", delay: 20ms, chunk: 1");
    await using host = await start(`model: ${slow("abcdefgh")}\nnext: ${slow("ijklmnop")}`, "{ chat: [model, next] }");
    const run = host.runs.open({ flow: "chat", input: { text: "hi" } });
    const text = textOf(run.events());
    write(`model: ${slow("ABC")}\nlast: ${slow("XYZ")}`, "{ chat: [model, last] }");
    expect(await reload(host)).toMatchObject({ status: "applied" });
    expect(await ask(host)).toBe("ABCXYZ");
    expect(await text).toBe("abcdefghijklmnop");
    expect((await run.done).data.status).toBe("ok");
  });

  it("should reject what has problems, and say which, and serve on", async () => {
    await using host = await start(`model: ${scripted("one")}`);
    write(`model: ${scripted("two")}\nbad: { use: llm-scripted, with: { scrpt: [x] } }`);
    const outcome = await reload(host);
    expect(outcome).toMatchObject({ status: "rejected", problems: [{ code: "SLUICE_CONFIG_UNKNOWN_KEY" }] });
    writeFileSync(file, "version: 1\nplugins: {");
    expect((await reload(host)).status).toBe("rejected");
    expect(await ask(host)).toBe("one");
  });

  it("should be rolled back when something cannot start, whatever else had started", async () => {
    await using host = await start(`model: ${scripted("one")}`);
    const model = host.instance("model");
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => taken.once("listening", done));
    const { port } = taken.address() as { port: number };
    write(
      `model: ${scripted("two")}\nmore: ${scripted("more")}\nwire: { use: websocket, with: { listen: "127.0.0.1:${port}" } }`,
    );
    const outcome = await reload(host);
    taken.close();
    expect(outcome.status).toBe("rolled-back");
    expect(outcome.problems[0]?.message).toContain(String(port));
    expect(host.instance("model")).toBe(model);
    expect([instance(host, "more"), instance(host, "wire")]).toEqual([undefined, undefined]);
    expect(await ask(host)).toBe("one");
  });

  it("should move a port from one transport to another, and give it back when that fails", async () => {
    const [a, b] = [await freePort(), await freePort()];
    const wires = (one: string, other: string, more = "") =>
      `model: ${scripted("one")}\nx: { use: websocket, with: { listen: "127.0.0.1:${one}" } }\ny: { use: websocket, with: { listen: "127.0.0.1:${other}"${more} } }`;
    const at = (host: Host, id: string) => (host.instance(id) as unknown as Transport).address;
    await using host = await start(wires(a, b));
    write(wires(b, a));
    expect(await reload(host)).toMatchObject({ status: "applied" });
    expect([at(host, "x"), at(host, "y")]).toEqual([`http://127.0.0.1:${b}`, `http://127.0.0.1:${a}`]);
    plugin(
      "failing",
      { kind: "transport", resources: ["tcp:/listen"], config: listening },
      `export default { create: () => ({ serve() { throw new Error("on purpose"); }, async [Symbol.asyncDispose]() {} }) };`,
    );
    write(`model: ${scripted("one")}\nfailing: { use: ./failing, with: { listen: "127.0.0.1:${a}" } }`);
    const outcome = await reload(host);
    expect(outcome.status).toBe("rolled-back");
    expect([at(host, "x"), at(host, "y")]).toEqual([`http://127.0.0.1:${b}`, `http://127.0.0.1:${a}`]);
    expect(await fetch(`http://127.0.0.1:${a}/healthz`).then(({ status }) => status)).toBeLessThan(500);
  });

  it("should replace those that hold on to what is replaced", async () => {
    const number = { type: "object", additionalProperties: false, properties: { n: { type: "number", default: 1 } } };
    const none = { type: "object", additionalProperties: false };
    plugin(
      "counter",
      { kind: "service", provides: ["t/counter"], config: number },
      `export default { create: ({ config }) => ({ n: config.n, async [Symbol.asyncDispose]() {} }) };`,
    );
    plugin(
      "teller",
      { kind: "model", requires: ["t/counter"], config: none },
      `import { of } from "rxjs";
export default { inject: { counter: { id: "t/counter" } }, create: ({ counter }) => ({ modelId: "teller",
  generate: () => of({ type: "text-delta", text: String(counter.n) }, { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } }),
  async [Symbol.asyncDispose]() {} }) };`,
    );
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(resolve(fixtures, "../../node_modules/rxjs"), join(folder, "node_modules/rxjs"));
    await using host = await start("counter: { use: ./counter, with: { n: 1 } }\nmodel: { use: ./teller }");
    expect(await ask(host)).toBe("1");
    write("counter: { use: ./counter, with: { n: 2 } }\nmodel: { use: ./teller }");
    expect(await reload(host)).toMatchObject({
      changes: [
        { instance: "counter", action: "restart" },
        { instance: "model", action: "restart" },
      ],
    });
    expect(await ask(host)).toBe("2");
  });

  it("should change budgets, live options and sinks, and say that a store waits for a restart", async () => {
    await using host = await start(`model: ${scripted("one", ", delay: 1ms")}`);
    const model = host.instance("model");
    const log = join(folder, "log.ndjson");
    writeFileSync(
      file,
      `version: 1\nplugins:\n  model: ${scripted("one", ", delay: 2ms")}\n  log: { use: log-file, with: { path: "${log}" } }\n` +
        `  kept: { use: store-sqlite, with: { path: "${join(folder, "other.db")}" } }\nbudgets: { run: { time: 10s } }\nflows: { chat: model }\n`,
    );
    const outcome = await reload(host);
    expect(outcome.status).toBe("applied");
    const actions = Object.fromEntries(outcome.changes.map(({ instance, action }) => [instance, action]));
    expect(actions).toMatchObject({ model: "live", log: "add", kept: "host", budgets: "live" });
    expect(host.instance("model")).toBe(model);
    await ask(host);
    await host.close();
    expect(readFileSync(log, "utf8")).toContain("run of chat begins");
  });

  it("should leave no handle behind, however often, while runs come and go", async () => {
    await using host = await start(`model: ${scripted('"0"')}`);
    const answers = new Set<string>();
    await reload(host);
    const leaks = new LeakCheck();
    const runs: Promise<void>[] = [];
    for (let round = 1; round <= 100; round += 1) {
      runs.push(ask(host).then((text) => void answers.add(text)));
      write(`model: ${scripted(`"${round}"`)}${round % 2 === 0 ? `\nmore: ${scripted("x")}` : ""}`);
      expect((await reload(host)).status).toBe("applied");
    }
    await Promise.all(runs);
    expect([...answers].every((text) => /^\d+$/.test(text))).toBe(true);
    expect(await ask(host)).toBe("100");
    expect(await leaks.leaked()).toEqual([]);
  }, 60_000);
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return String(port);
}
