import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { HostEvent, LogLevel, RunEvent, SinkEntry } from "../../../core/contract/index.ts";
import { ConsoleSink, type ConsoleSinkOptions } from "../../../plugins/log-console/console-sink.ts";
import plugin from "../../../plugins/log-console/index.ts";

class Screen extends Writable {
  text = "";
  stuck: Promise<void> | undefined;

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    (this.stuck ?? Promise.resolve()).then(() => {
      this.text += chunk.toString();
      callback();
    });
  }
}

async function shown(batch: readonly SinkEntry[], options: Partial<ConsoleSinkOptions> = {}): Promise<string> {
  const stream = new Screen();
  const sink = new ConsoleSink({ stream, level: "info", pretty: true, colours: false, redact: [], ...options });
  await sink.start();
  await sink.write(batch);
  await sink.flush();
  await sink[Symbol.asyncDispose]();
  return stream.text;
}

const time = "2026-01-01T12:00:00.250Z";

function log(level: LogLevel, message: string, fields?: Record<string, unknown>): HostEvent {
  return { type: "log", time, source: "gpt", data: { level, message, run: "r1", ...(fields && { fields }) } };
}

const runEvents: RunEvent[] = [
  {
    run: "r1",
    seq: 1,
    time,
    source: "core",
    type: "run-start",
    data: { flow: "chat", session: "s1", input: { text: "hello there" } },
  },
  { run: "r1", seq: 2, time, source: "gpt", type: "text-delta", data: { text: "hi" } },
  {
    run: "r1",
    seq: 3,
    time,
    source: "gpt",
    type: "error",
    data: { code: "SLUICE_MODEL_AUTH", class: "auth", message: "key refused", cure: "set it", retryable: false },
  },
  {
    run: "r1",
    seq: 4,
    time,
    source: "core",
    type: "run-end",
    data: { status: "failed", usage: { inputTokens: 1, outputTokens: 1 }, cost: { amount: null, currency: "USD" } },
  },
];

describe("log-console", () => {
  it("should leave out what whoever caused it is told on the same terminal", async () => {
    const data = { status: "failed", reason: "127.0.0.1:8000 is in use", since: time, told: true } as const;
    const failed: HostEvent = { type: "plugin-status", time, source: "wire", data };
    const refused: HostEvent = {
      type: "log",
      time,
      source: "core",
      data: { level: "warn", message: "no", told: true },
    };
    for (const pretty of [true, false]) {
      const text = await shown([failed, log("info", "one"), refused], { pretty });
      expect(text.trim().split("\n")).toHaveLength(1);
      expect(text).toContain("one");
    }
  });

  it("should show one line for each, with level, source, run and fields", async () => {
    const text = await shown([log("warn", "slow", { ms: 12, url: "a b", deep: { x: [1] } })]);
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.250 WARN {2}gpt slow run=r1 ms=12 url="a b" deep=\{ x: \[ 1 \] \}\n$/);
  });

  it("should show the course of runs and the state of instances, and deltas only at debug", async () => {
    const failed: HostEvent = {
      type: "plugin-status",
      time,
      source: "box",
      data: { status: "failed", reason: "no Docker", since: time },
    };
    const text = await shown([...runEvents, failed]);
    expect(text.trimEnd().split("\n")).toHaveLength(4);
    expect(text).toContain("INFO  core run of chat begins run=r1");
    expect(text).toContain("ERROR gpt key refused run=r1 code=SLUICE_MODEL_AUTH");
    expect(text).toContain("WARN  core run ended: failed run=r1");
    expect(text).toContain("ERROR box failed: no Docker");
    expect(await shown(runEvents, { level: "debug" })).toContain("DEBUG gpt text-delta run=r1 text=hi");
  });

  it("should keep to one line and let nobody steer the terminal", async () => {
    const text = await shown([log("info", "a\nb\u001b[2Jc\u009b1m\u202e", { value: "\u001b]0;title\u0007" })]);
    expect(text.trimEnd()).not.toContain("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(text.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain("a\\nb\\x1b[2Jc");
  });

  it("should colour only when told to", async () => {
    expect(await shown([log("info", "plain")])).not.toContain("\u001b[");
    expect(await shown([log("info", "coloured")], { colours: true })).toContain("\u001b[32mINFO \u001b[39m");
  });

  it("should write JSON that a program can read, with run and instance on every line", async () => {
    const text = await shown([log("error", "broken", { code: 7 }), ...runEvents], { pretty: false, level: "trace" });
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({
      level: "error",
      time,
      source: "gpt",
      type: "log",
      run: "r1",
      data: { code: 7 },
      message: "broken",
    });
    expect(lines).toHaveLength(5);
    for (const line of lines) expect(line).toMatchObject({ run: "r1", source: expect.any(String) });
  });

  it("should hide what `redact` names, in both formats", async () => {
    const batch = [log("info", "call", { headers: { authorization: "Bearer planted" }, other: 1 })];
    for (const pretty of [true, false]) {
      const text = await shown(batch, { pretty, redact: ["data.headers.authorization"] });
      expect(text).not.toContain("planted");
      expect(text).toContain("***");
    }
  });

  it("should take another level while it runs", async () => {
    const stream = new Screen();
    const sink = new ConsoleSink({ stream, level: "error", pretty: true, colours: false, redact: [] });
    await sink.start();
    await sink.write([log("info", "hidden")]);
    sink.reconfigure({ level: "debug" });
    await sink.write([log("debug", "visible")]);
    await sink[Symbol.asyncDispose]();
    expect(stream.text).not.toContain("hidden");
    expect(stream.text).toContain("visible");
    expect(stream.listenerCount("error")).toBe(0);
    expect(stream.listenerCount("close")).toBe(0);
  });

  it("should wait for a slow terminal, and not for one that is gone", async () => {
    const stream = new Screen();
    const gate = Promise.withResolvers<void>();
    stream.stuck = gate.promise;
    const sink = new ConsoleSink({ stream, level: "info", pretty: true, colours: false, redact: [] });
    await sink.start();
    const order: string[] = [];
    const written = Promise.resolve(sink.write([log("info", "slow")])).then(() => order.push("written"));
    order.push("asked");
    gate.resolve();
    await written;
    expect(order).toEqual(["asked", "written"]);
    stream.stuck = new Promise(() => undefined);
    const last = sink.write([log("info", "never")]);
    stream.destroy(new Error("EPIPE"));
    await last;
    await sink.write([log("info", "never")]);
    await sink.flush();
    await sink[Symbol.asyncDispose]();
  });

  it("should be disposed before it starts, and twice", async () => {
    const context = {
      id: "console",
      config: { level: "info", format: "auto", stream: "stderr", redact: [] },
      refs: {},
      mode: { serving: true, terminal: true },
    };
    const sink = plugin.create(context as never);
    await sink[Symbol.asyncDispose]();
    await sink[Symbol.asyncDispose]();
  });
});
