import { lastValueFrom, toArray } from "rxjs";
import { afterEach, describe, expect, it } from "vitest";
import type { Health, ModelEvent, ModelRequest } from "../../../core/index.ts";
import { SluiceError } from "../../../core/index.ts";
import { LeakCheck } from "../../../core/testing/index.ts";
import type { OpenInterpreterConfig } from "../../../plugins/open-interpreter/config.generated.ts";
import plugin from "../../../plugins/open-interpreter/index.ts";
import { OpenInterpreter } from "../../../plugins/open-interpreter/model.ts";
import {
  activeLine,
  coded,
  complete,
  type FakeLmcOptions,
  printed,
  said,
  type Talk,
} from "../../core/lmc/fake-lmc-server.ts";
import { FakeEngine } from "./fake-engine.ts";

const MIB = 1024 * 1024;

const defaults: OpenInterpreterConfig = {
  engine: "box",
  model: "openai/scripted",
  apiKey: "key-for-tests",
  apiBase: "http://172.17.0.1:1/v1",
  functions: false,
  autoRun: true,
  build: { caCertificates: "none" },
  cpus: 2,
  memory: 1024 * MIB,
  pids: 200,
  workspace: 256 * MIB,
  tmp: 128 * MIB,
  network: "bridge",
  sessions: 4,
  pool: 1,
  idle: 60_000,
  heartbeat: 60_000,
  timeouts: { start: 5000, firstChunk: 5000, idle: 5000, execution: 5000, total: 10_000 },
};

const lines: string[] = [];
const note = (line: string) => void lines.push(line);
const log = { level: "info", trace: note, debug: note, info: note, warn: note, error: note } as const;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  lines.length = 0;
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

function make(config: Partial<OpenInterpreterConfig> = {}, options: FakeLmcOptions = {}, serving = false) {
  const engine = new FakeEngine(options);
  const mode = { serving, terminal: true };
  const model = new OpenInterpreter({ ...defaults, ...config }, { id: "oi", engine, log, mode });
  open.push(model);
  const health: Health[] = [];
  model.health$.subscribe((each) => health.push(each));
  model.start();
  return { engine, model, health };
}

const request = (text: string, session?: string): ModelRequest => ({
  system: "",
  codeWanted: false,
  messages: [{ role: "user", text }],
  ...(session === undefined ? {} : { session }),
});

const ask = (model: OpenInterpreter, what: ModelRequest, signal = new AbortController().signal) =>
  lastValueFrom(model.generate(what, signal).pipe(toArray()));

const textOf = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");

const echo = ({ text, send }: Talk) => send(said(`You said ${text}.`), complete);

describe("the server's settings", () => {
  it("should be told before each message: the model, its place and the conversation", async () => {
    const { engine, model } = make({ temperature: 0.5, system: "Be brief.", contextWindow: 8000 }, { answer: echo });
    const events = await ask(model, {
      system: "",
      codeWanted: false,
      session: "mine",
      messages: [
        { role: "user", text: "one" },
        { role: "assistant", text: "two" },
        { role: "user", name: "other", text: "three" },
      ],
    });
    expect(textOf(events)).toBe("You said other: three.");
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop", usage: { estimated: true } });
    expect(engine.services[0]?.server.settings).toEqual([
      {
        llm: {
          model: "openai/scripted",
          api_key: "key-for-tests",
          api_base: "http://172.17.0.1:1/v1",
          temperature: 0.5,
          context_window: 8000,
          supports_functions: false,
          supports_vision: false,
        },
        auto_run: true,
        disable_telemetry: true,
        system_message: "Be brief.",
        messages: [
          { role: "user", type: "message", content: "one" },
          { role: "assistant", type: "message", content: "two" },
        ],
      },
    ]);
  });

  it("should follow the options that may change while it runs", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one", "mine"));
    model.reconfigure({ ...defaults, model: "openai/other", temperature: 1 });
    await ask(model, request("two", "mine"));
    expect(model.modelId).toBe("openai/other");
    expect(engine.services).toHaveLength(1);
    expect(engine.services[0]?.server.settings.at(-1)).toMatchObject({
      llm: { model: "openai/other", temperature: 1 },
    });
  });

  it("should fail the answer when the server refuses them with its 200", async () => {
    const { engine, model } = make({}, { settings: () => [{ error: "Setting llm not found" }, 404] });
    await expect(ask(model, request("one", "mine"))).rejects.toMatchObject({
      code: "SLUICE_MODEL_REQUEST",
      message: expect.stringContaining("Setting llm not found"),
    });
    await expect.poll(() => engine.alive).toEqual([]);
  });
});

describe("a server", () => {
  it("should be started with limits, a key of its own, and nothing of the model's", async () => {
    const { engine, model } = make({ network: "models" }, { answer: echo });
    await ask(model, request("one", "mine"));
    await ask(model, request("one", "yours"));
    const [first, second] = engine.services.map(({ spec }) => spec);
    expect(first).toMatchObject({
      instance: "oi",
      session: "mine",
      command: ["interpreter", "--server"],
      port: 8000,
      cpus: 2,
      memory: 1024 * MIB,
      pids: 200,
      network: "models",
      image: { release: "bookworm", dockerfile: expect.stringContaining("requirements.txt") },
    });
    const keys = [first, second].map((spec) => spec?.env["INTERPRETER_API_KEY"] ?? "");
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]?.length).toBeGreaterThan(40);
    expect(JSON.stringify(first?.env)).not.toContain("key-for-tests");
  });

  it("should serve its session alone, and that one for as long as it lives", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one", "mine"));
    await ask(model, request("two", "mine"));
    await ask(model, request("one", "yours"));
    expect(engine.services.map(({ spec, server }) => [spec.session, server.settings.length])).toEqual([
      ["mine", 2],
      ["yours", 1],
    ]);
  });

  it("should be gone after an answer that belongs to no session", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one"));
    await expect.poll(() => engine.alive).toEqual([]);
  });

  it("should answer one message of its session after the other", async () => {
    const talks: Talk[] = [];
    const { model } = make({}, { answer: (talk) => void talks.push(talk) });
    const first = ask(model, request("one", "mine"));
    const second = ask(model, request("two", "mine"));
    await expect.poll(() => talks.length).toBe(1);
    talks[0]?.send(said("first"), complete);
    await first;
    await expect.poll(() => talks.length).toBe(2);
    talks[1]?.send(said("second"), complete);
    expect([textOf(await first), textOf(await second)]).toEqual(["first", "second"]);
  });

  it("should give way to another session when it was idle longest, and not while it answers", async () => {
    const talks: Talk[] = [];
    const { engine, model } = make({ sessions: 2 }, { answer: (talk) => void talks.push(talk) });
    const end = (index: number) => talks[index]?.send(said("x"), complete);
    const one = ask(model, request("1", "one"));
    await expect.poll(() => talks.length).toBe(1);
    const two = ask(model, request("2", "two"));
    await expect.poll(() => talks.length).toBe(2);
    await expect(ask(model, request("3", "three"))).rejects.toMatchObject({ code: "SLUICE_OVERLOADED" });
    end(0);
    await one;
    const three = ask(model, request("3", "three"));
    await expect.poll(() => talks.length).toBe(3);
    await expect.poll(() => engine.alive.map(({ spec }) => spec.session)).toEqual(["two", "three"]);
    end(1);
    end(2);
    await Promise.all([two, three]);
  });

  it("should be removed when its session was idle for too long", async () => {
    const { engine, model } = make({ idle: 30 }, { answer: echo });
    await ask(model, request("one", "mine"));
    await expect.poll(() => engine.alive).toEqual([]);
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
  });

  it("should be reached again when its connection broke between two answers", async () => {
    const { engine, model } = make({}, { answer: echo });
    await ask(model, request("one", "mine"));
    engine.services[0]?.server.drop();
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
    expect(engine.services).toHaveLength(1);
  });

  it("should be replaced when its connection breaks in the middle of an answer", async () => {
    const { engine, model } = make(
      {},
      { answer: (talk) => (talk.text === "one" ? talk.socket.terminate() : echo(talk)) },
    );
    await expect(ask(model, request("one", "mine"))).rejects.toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
    await expect.poll(() => engine.alive).toHaveLength(1);
    expect(engine.services).toHaveLength(2);
  });

  it("should be told of when it dies in the middle, with its program lost, and the next prompt answered", async () => {
    const { engine, model } = make(
      {},
      {
        answer: (talk) => {
          if (talk.text !== "one") return echo(talk);
          talk.send(coded("while True: pass"), activeLine(1), printed("on it\n"));
          return undefined;
        },
      },
    );
    const events: ModelEvent[] = [];
    const failure = new Promise<SluiceError>((resolve) => {
      model.generate(request("one", "mine"), new AbortController().signal).subscribe({
        next: (event) => {
          events.push(event);
          if (event.type === "exec" && event.event.type === "exec-stdout") void engine.services[0]?.crash("Killed");
        },
        error: resolve,
      });
    });
    expect(await failure).toMatchObject({
      code: "SLUICE_SANDBOX_LOST",
      message: "oi: the server is gone: its container ended (Killed).",
    });
    expect(events.at(-1)).toMatchObject({ event: { type: "exec-end", data: { status: "lost", stateLost: true } } });
    expect(textOf(await ask(model, request("two", "mine")))).toBe("You said two.");
  });

  it("should be given up when it answers no heartbeat any more", async () => {
    let alive = true;
    const { engine, model } = make(
      { heartbeat: 10 },
      {
        alive: () => alive,
        answer: ({ send }) => {
          send(said("hm"));
          alive = false;
        },
      },
    );
    await expect(ask(model, request("one", "mine"))).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_LOST",
      message: expect.stringContaining("does not answer any more"),
    });
    await expect.poll(() => engine.alive).toEqual([]);
  });

  it("should be killed with an answer that is cancelled, and another take its place", async () => {
    const talks: Talk[] = [];
    const { engine, model } = make({}, { answer: (talk) => void talks.push(talk) });
    const stop = new AbortController();
    const asked = ask(model, request("one", "mine"), stop.signal);
    await expect.poll(() => talks.length).toBe(1);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
    await expect.poll(() => engine.alive).toEqual([]);
    const again = ask(model, request("two", "mine"));
    await expect.poll(() => talks.length).toBe(2);
    talks[1]?.send(said("here"), complete);
    expect(textOf(await again)).toBe("here");
  });

  it("should go with a program that takes too long, whose end decides", async () => {
    const { engine, model } = make(
      { timeouts: { ...defaults.timeouts, execution: 50 } },
      { answer: ({ send }) => send(coded("while True: pass"), activeLine(1)) },
    );
    const events = await ask(model, request("one", "mine"));
    expect(events.slice(-2)).toMatchObject([
      { event: { type: "exec-end", data: { status: "timeout" } } },
      { type: "finish" },
    ]);
    await expect.poll(() => engine.alive).toEqual([]);
  });

  it("should say why it could not start: no heartbeat, or its last words", async () => {
    const silent = make({ timeouts: { ...defaults.timeouts, start: 60 } }, { alive: () => false });
    await expect(ask(silent.model, request("one", "mine"))).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_START_FAILED",
      message: expect.stringContaining("no heartbeat"),
    });
    await expect.poll(() => silent.engine.alive).toEqual([]);
    const dying = make({}, { alive: () => false });
    const asked = ask(dying.model, request("one", "mine"));
    asked.catch(() => undefined);
    await dying.engine.started(1);
    await dying.engine.services[0]?.crash("first\nModuleNotFoundError: no module");
    await expect(asked).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_START_FAILED",
      message: expect.stringContaining("ModuleNotFoundError: no module"),
    });
  });
});

describe("the pool", () => {
  it("should have a server ready, give it to a session, and be filled again", async () => {
    const { engine, model } = make({}, { answer: echo }, true);
    await engine.started(1);
    await ask(model, request("one", "mine"));
    await engine.started(2);
    expect(engine.services.map(({ server }) => server.settings.length)).toEqual([1, 0]);
  });

  it("should be filled in a host that serves alone", async () => {
    const { engine } = make({}, {}, false);
    expect(engine.services).toEqual([]);
  });

  it("should replace a server that died, and say so until it is there", async () => {
    const { engine, health } = make({}, {}, true);
    await engine.started(1);
    await expect.poll(() => health.length).toBe(2);
    await engine.services[0]?.crash();
    await engine.started(2);
    await expect.poll(() => health.map(({ status }) => status)).toEqual(["ok", "ok", "degraded", "ok"]);
  });

  it("should say why it cannot be filled", async () => {
    const engine = new FakeEngine();
    engine.failure = new SluiceError("SLUICE_DOCKER_UNAVAILABLE", "no engine");
    const model = new OpenInterpreter(defaults, { id: "oi", engine, log, mode: { serving: true, terminal: true } });
    open.push(model);
    model.start();
    await expect.poll(() => model.health$.value).toEqual({ status: "degraded", reason: "no engine" });
  });
});

describe("the plugin", () => {
  it("should leave nothing behind, whatever was under way", async () => {
    await make({}, { answer: echo }).model[Symbol.asyncDispose]();
    const leaks = new LeakCheck();
    const { engine, model } = make({}, { answer: ({ send }) => send(said("hm")) }, true);
    await engine.started(1);
    const asked = ask(model, request("one", "mine"));
    asked.catch(() => undefined);
    await engine.started(2);
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    await expect(asked).rejects.toBeInstanceOf(SluiceError);
    expect(engine.alive).toEqual([]);
    expect(await leaks.leaked()).toEqual([]);
  });

  it("should build its image when told to pull", async () => {
    const { engine, model } = make();
    await model.pull({}, new AbortController().signal);
    expect(engine.prepared).toBe(1);
  });

  it("should refuse an engine that lends no containers", () => {
    const context = { id: "oi", config: defaults, log, mode: { serving: false, terminal: true } };
    expect(() => plugin.create({ ...context, refs: { engine: {} } })).toThrow(/lends no containers/);
  });

  it("should refuse files that leave no memory", () => {
    expect(plugin.check?.({ ...defaults, workspace: 1024 * MIB })).toMatchObject([{ path: "/memory" }]);
    expect(plugin.check?.(defaults)).toEqual([]);
  });
});
