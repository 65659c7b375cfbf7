import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { declareErrors } from "../../../core/contract/error-codes/declared.ts";
import type { HostEvent } from "../../../core/contract/index.ts";
import { HostBus } from "../../../core/host/bus.ts";
import { Loggers } from "../../../core/host/loggers.ts";
import { Sinks } from "../../../core/journal/sinks.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { FileSink } from "../../../plugins/log-file/file-sink.ts";
import manifest from "../../../plugins/log-file/plugin.json" with { type: "json" };
import { newJournals } from "../../core/journal/journal-kit.ts";
import { temporaryFolder } from "../store-sqlite/store-kit.ts";

async function openSink(options: Partial<ConstructorParameters<typeof FileSink>[0]> = {}) {
  const path = options.path ?? join(temporaryFolder(), "log", "sluice.ndjson");
  const sink = new FileSink({ path, level: "info", rotate: 0, keep: 3, redact: [], ...options });
  onTestFinished(() => sink[Symbol.asyncDispose]());
  await sink.start();
  return { sink, path };
}

function line(message: string, fields?: Record<string, unknown>): HostEvent {
  const data = { level: "info" as const, message, run: "r1", ...(fields && { fields }) };
  return { type: "log", time: "2026-01-01T12:00:00.250Z", source: "gpt", data };
}

function pathOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    // It was closed while the folder was read.
    return undefined;
  }
}

function messages(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text).message);
}

describe("log-file", () => {
  it("should add one JSON object a line, with run and instance, for its user alone", async () => {
    const { sink, path } = await openSink();
    await sink.write([line("one", { a: 1 }), line("two")]);
    const [first] = readFileSync(path, "utf8").split("\n");
    expect(JSON.parse(first ?? "")).toEqual({
      level: "info",
      time: "2026-01-01T12:00:00.250Z",
      source: "gpt",
      type: "log",
      run: "r1",
      data: { a: 1 },
      message: "one",
    });
    expect(messages(path)).toEqual(["one", "two"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("should open its file once, and keep what is handed over meanwhile", async () => {
    const path = join(temporaryFolder(), "log", "sluice.ndjson");
    const sink = new FileSink({ path, level: "info", rotate: 0, keep: 3, redact: [] });
    const early = sink.write([line("before the start")]);
    const starting = sink.start();
    await Promise.all([early, starting, sink.write([line("while it starts")]), sink.write([line("and again")])]);
    const open = () => readdirSync("/proc/self/fd").filter((fd) => pathOf(`/proc/self/fd/${fd}`) === path);
    expect(open()).toHaveLength(1);
    await sink[Symbol.asyncDispose]();
    expect(open()).toEqual([]);
    expect(messages(path)).toEqual(["before the start", "while it starts", "and again"]);
  });

  it("should refuse what was handed over when its file cannot be opened, and end", async () => {
    const path = join(temporaryFolder(), "log");
    mkdirSync(path);
    const sink = new FileSink({ path, level: "info", rotate: 0, keep: 3, redact: [] });
    const early = Promise.resolve(sink.write([line("one")])).catch((error: unknown) => error);
    await expect(sink.start()).rejects.toMatchObject({ code: "PLUGIN_LOG_FILE_UNWRITABLE" });
    expect(await early).toMatchObject({ code: "PLUGIN_LOG_FILE_UNWRITABLE" });
    await sink[Symbol.asyncDispose]();
  });

  it("should end without a start, whatever was handed over", async () => {
    const sink = new FileSink({ path: "/nowhere/x", level: "info", rotate: 0, keep: 3, redact: [] });
    const early = Promise.resolve(sink.write([line("one")])).catch((error: unknown) => error);
    await sink[Symbol.asyncDispose]();
    expect(await early).toBeInstanceOf(Error);
  });

  it("should begin a new file exactly between lines, never beyond its bound, and keep so many", async () => {
    const { sink, path } = await openSink({ rotate: 1_000, keep: 3 });
    for (let index = 0; index < 40; index += 8)
      await sink.write(Array.from({ length: 8 }, (_, offset) => line(`line ${index + offset}`)));
    const folder = join(path, "..");
    expect(readdirSync(folder).sort()).toEqual([
      "sluice.ndjson",
      "sluice.ndjson.1",
      "sluice.ndjson.2",
      "sluice.ndjson.3",
    ]);
    const kept = ["3", "2", "1"].map((number) => `${path}.${number}`).concat(path);
    for (const file of kept) expect(statSync(file).size).toBeLessThanOrEqual(1_000);
    const all = kept.flatMap(messages);
    expect(all.at(-1)).toBe("line 39");
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => `line ${40 - all.length + index}`));
  });

  it("should lose no line over rotations when it keeps enough files", async () => {
    const { sink, path } = await openSink({ rotate: 500, keep: 100 });
    const writes = Array.from({ length: 30 }, (_, index) => sink.write([line(`a ${index}`), line(`b ${index}`)]));
    await Promise.all(writes);
    await sink[Symbol.asyncDispose]();
    const files = readdirSync(join(path, "..")).length;
    const all = Array.from({ length: files - 1 }, (_, index) => `${path}.${files - 1 - index}`).concat(path);
    expect(all.flatMap(messages)).toEqual(
      Array.from({ length: 30 }, (_, index) => [`a ${index}`, `b ${index}`]).flat(),
    );
  });

  it("should keep a line that is larger than a file, in a file of its own", async () => {
    const { sink, path } = await openSink({ rotate: 300 });
    await sink.write([line("small"), line("x".repeat(1_000)), line("last")]);
    expect(messages(`${path}.2`)).toEqual(["small"]);
    expect(messages(`${path}.1`)).toEqual(["x".repeat(1_000)]);
    expect(messages(path)).toEqual(["last"]);
  });

  it("should keep no old file when told to keep none", async () => {
    const { sink, path } = await openSink({ rotate: 200, keep: 0 });
    await sink.write([line("one"), line("two"), line("three")]);
    expect(readdirSync(join(path, ".."))).toEqual(["sluice.ndjson"]);
    expect(messages(path)).toEqual(["three"]);
  });

  it("should write on in the file that is at the path when somebody moves or removes it", async () => {
    const { sink, path } = await openSink();
    await sink.write([line("one")]);
    renameSync(path, `${path}.moved`);
    await sink.write([line("two")]);
    expect(messages(`${path}.moved`)).toEqual(["one"]);
    expect(messages(path)).toEqual(["two"]);
  });

  it("should share a file with another process, bound included", async () => {
    const { sink: one, path } = await openSink({ rotate: 1_000, keep: 50 });
    const { sink: two } = await openSink({ path, rotate: 1_000, keep: 50 });
    for (let index = 0; index < 20; index++) {
      await one.write([line(`one ${index}`)]);
      await two.write([line(`two ${index}`)]);
    }
    const folder = join(path, "..");
    const all = readdirSync(folder).flatMap((name) => messages(join(folder, name)));
    expect(all).toHaveLength(40);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1_000);
  });

  it("should not continue half a line that a killed process left", async () => {
    const path = join(temporaryFolder(), "sluice.ndjson");
    writeFileSync(path, '{"message":"whole"}\n{"mess');
    const { sink } = await openSink({ path });
    await sink.write([line("next")]);
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines[1]).toBe('{"mess');
    expect(JSON.parse(lines[2] ?? "")).toMatchObject({ message: "next" });
  });

  it("should name a file that it cannot write, with a cure", async () => {
    declareErrors(manifest.errors as Parameters<typeof declareErrors>[0]);
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(openSink({ path: join(folder, "file", "x.ndjson") })).rejects.toMatchObject({
      code: "PLUGIN_LOG_FILE_UNWRITABLE",
      message: expect.stringContaining("x.ndjson"),
      cure: expect.stringContaining("path"),
    });
  });

  it("should be degraded while it cannot write, and ok again after", async () => {
    const { sink, path } = await openSink();
    const states: string[] = [];
    sink.health$.subscribe(({ status }) => states.push(status));
    renameSync(join(path, ".."), join(path, "..", "..", "away"));
    await expect(sink.write([line("lost")])).rejects.toThrow();
    renameSync(join(path, "..", "..", "away"), join(path, ".."));
    await sink.write([line("kept")]);
    expect(states).toEqual(["ok", "degraded", "ok"]);
    expect(messages(path)).toEqual(["kept"]);
  });

  it("should take another level and bound while it runs", async () => {
    const { sink, path } = await openSink({ level: "error" });
    await sink.write([line("hidden")]);
    sink.reconfigure({ level: "info", rotate: 150, keep: 1 });
    await sink.write([line("one"), line("two")]);
    expect(messages(`${path}.1`)).toEqual(["one"]);
    expect(messages(path)).toEqual(["two"]);
  });

  it("should have every line when the host stops, and no planted secret in any", async () => {
    const { sink, path } = await openSink({ redact: ["data.token"] });
    const clock = new FakeClock();
    const bus = new HostBus({ clock, mask: (text) => text.replaceAll("sk-planted", "***") });
    const journals = newJournals({ clock });
    const sinks = new Sinks({ bus, journals, clock });
    sinks.attach({ id: "file", select: [], sink: () => sink });
    const log = new Loggers(bus).of("gpt");
    for (let index = 0; index < 3_000; index++)
      log.info(`line ${index} sk-planted`, { run: "r1", header: "Bearer sk-planted", token: "found-by-path" });
    await sinks.stop(AbortSignal.timeout(5_000));
    await sink[Symbol.asyncDispose]();
    expect(messages(path)).toHaveLength(3_000);
    const text = readFileSync(path, "utf8");
    expect(text).not.toContain("sk-planted");
    expect(text).not.toContain("found-by-path");
  });

  it("should be disposed before it starts, and twice", async () => {
    const sink = new FileSink({ path: "/nowhere/x", level: "info", rotate: 0, keep: 0, redact: [] });
    await sink[Symbol.asyncDispose]();
    await sink[Symbol.asyncDispose]();
    expect(sink.write([line("ignored")])).toBeUndefined();
  });
});
