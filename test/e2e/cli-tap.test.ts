import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import type { RunEvent } from "../../core/contract/index.ts";
import { Place } from "./cli-kit.ts";

/** Milliseconds between two runs: 50 a second. */
const pace = 20;

const profile = (more = "") => `version: 1
plugins:
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  model: { use: llm-scripted, with: { script: [abcdefghijklmnop], repeat: true, chunk: 1, delay: 1ms } }
  hangs: { use: llm-scripted, with: { script: [{ text: x, hang: true }], repeat: true } }
${more}flows: { chat: model, hang: hangs }
`;

/** A host, and a client of the test's own that makes runs and knows what came of them. */
class Traffic implements AsyncDisposable {
  readonly client: SluiceClient;
  readonly events = new Map<string, number>();

  private constructor(client: SluiceClient) {
    this.client = client;
  }

  static async at(place: Place): Promise<Traffic> {
    await place.up();
    const { url, token } = JSON.parse(readFileSync(join(place.home, "state/host.json"), "utf8"));
    const client = new SluiceClient({ url, token });
    await client.ready();
    return new Traffic(client);
  }

  async run(): Promise<void> {
    await this.client.run("chat", { text: "hi" }).forEach(({ run }) => {
      this.events.set(run, (this.events.get(run) ?? 0) + 1);
    });
  }

  async flood(count: number): Promise<void> {
    const ends: Promise<void>[] = [];
    for (let run = 0; run < count; run += 1) {
      ends.push(this.run());
      await new Promise((resolve) => setTimeout(resolve, pace));
    }
    await Promise.all(ends);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
  }
}

/** Resolves when the tap shows events: it shows the first run that it is asked to find. */
async function started(tap: Tap, traffic: Traffic): Promise<void> {
  while (tap.events.length === 0 && tap.child.exitCode === null) {
    await Promise.race([traffic.run(), tap.ended]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

class Tap {
  readonly child: ChildProcess;
  readonly events: RunEvent[] = [];
  readonly ended: Promise<number | null>;
  stderr = "";

  constructor(place: Place, args: readonly string[] = []) {
    this.child = place.start(["tap", "--json", ...args]);
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve) => this.child.once("exit", (code) => resolve(code)));
    if (this.child.stdout === null) throw new Error("stdout is piped");
    createInterface({ input: this.child.stdout }).on("line", (line) => this.events.push(JSON.parse(line)));
  }

  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { run } of this.events) counts.set(run, (counts.get(run) ?? 0) + 1);
    return counts;
  }

  async has(runs: number): Promise<void> {
    const ends = () => this.events.filter(({ type }) => type === "run-end").length;
    while (ends() < runs) await Promise.race([once(this.child.stdout ?? this.child, "data"), this.ended]);
  }

  async stop(): Promise<number | null> {
    this.child.kill("SIGINT");
    return this.ended;
  }
}

describe("sluice tap", () => {
  it("should show every event of 50 runs a second, in order, also to a reader that stops for a while", async () => {
    await using place = new Place(profile());
    await using traffic = await Traffic.at(place);
    const tap = new Tap(place);
    await started(tap, traffic);
    const early = traffic.events.size;
    tap.child.stdout?.pause();
    await traffic.flood(150);
    tap.child.stdout?.resume();
    const wanted = [...traffic.events.keys()].slice(early);
    await tap.has(tap.counts().size - wanted.filter((run) => tap.counts().has(run)).length + wanted.length);
    expect(await tap.stop()).toBe(0);
    expect(tap.stderr).toBe("");
    const counts = tap.counts();
    expect(wanted.filter((run) => counts.get(run) !== traffic.events.get(run))).toEqual([]);
    const last = new Map<string, number>();
    for (const { run, seq } of tap.events) {
      // One that was under way when tap came begins where it was.
      if (last.has(run) || wanted.includes(run)) expect(seq).toBe((last.get(run) ?? 0) + 1);
      last.set(run, seq);
    }
  });

  it("should leave at Ctrl-C though nobody reads, and say what it has not shown", async () => {
    await using place = new Place(profile());
    await using traffic = await Traffic.at(place);
    const tap = new Tap(place, ["--record", "runs.ndjson"]);
    await started(tap, traffic);
    tap.child.stdout?.pause();
    await traffic.flood(150);
    const begun = performance.now();
    expect(await tap.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(tap.stderr).toMatch(/\[.* left before the end.*\]\n\[\d+ events recorded\]\n$/);
    // What was recorded is whole: it can be shown again.
    const recorded = place.read("runs.ndjson").toString();
    const replayed = await place.run(["replay", "runs.ndjson", "--json"]);
    expect(replayed.stdout).toBe(recorded);
    expect(tap.stderr).toContain(`[${recorded.trimEnd().split("\n").length} events recorded]`);
  });

  it("should show what patterns ask for, say which match nothing, and follow a reload", async () => {
    await using place = new Place(profile());
    await using traffic = await Traffic.at(place);
    const tap = new Tap(place, ["more.text-*", "core.config-changed", "nothing"]);
    await expect.poll(() => tap.stderr).toContain("[nothing matches nothing that this host has]");
    await traffic.run();
    place.write("sluice.yaml", profile("  more: { use: llm-scripted, with: { script: [more], repeat: true } }\n"));
    expect((await place.run(["reload"])).code).toBe(0);
    await traffic.client.run("more", { text: "hi" }).forEach(() => {});
    await expect.poll(() => tap.events.map(({ type }) => type)).toContain("text-end");
    await tap.stop();
    const shown = tap.events.map(({ source, type }) => `${source}.${type}`);
    expect(shown.filter((name) => !name.startsWith("core."))).toEqual([
      "more.text-start",
      "more.text-delta",
      "more.text-end",
    ]);
    expect(shown.filter((name) => name.startsWith("core.") && name !== "core.config-changed")).toEqual([]);
  });

  it("should show a run that was under way from where it is, and say that it left before its end", async () => {
    await using place = new Place(profile());
    await using traffic = await Traffic.at(place);
    const stream = traffic.client.run("hang", { text: "hi" });
    const seen: RunEvent[] = [];
    const ended = stream.forEach((event) => void seen.push(event));
    await expect.poll(() => seen.map(({ type }) => type)).toContain("text-delta");
    const tap = new Tap(place);
    await started(tap, traffic);
    await traffic.client.cancel(seen[0]?.run ?? "");
    await ended;
    const of = () => tap.events.filter(({ run }) => run === seen[0]?.run).map(({ type }) => type);
    await expect.poll(of).toContain("run-end");
    expect(of()).not.toContain("run-start");
    await tap.stop();
  });

  it("should end when the host stops, having shown all there was", async () => {
    await using place = new Place(profile());
    await using traffic = await Traffic.at(place);
    const tap = new Tap(place);
    await started(tap, traffic);
    await place.run(["down"]);
    expect(await tap.ended).toBe(69);
    expect(tap.stderr).toContain("SLUICE_");
  });
});
