import { execFile } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHost, type Host } from "../../core/index.ts";

/** `npm run soak:reload` makes 1,000. */
const reloads = Number(process.env["SLUICE_SOAK"] ?? 60);
/** Runs that are begun in a second, all the while. */
const pace = 50;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const docker = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-soak-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Parts {
  readonly round: number;
  readonly ports: readonly number[];
}

/** What stands in the file in each round: one of ten changes after the other. */
function profileOf({ round, ports: [one, other] }: Parts): string {
  const step = round % 10;
  const model = (text: string, more = "") =>
    `{ use: llm-scripted, with: { script: [{ text: ${text} }], repeat: true, delay: ${1 + (Math.floor(round / 10) % 2)}ms${more} } }`;
  const [x, y] = step >= 4 && step < 7 ? [other, one] : [one, other];
  const key = step >= 7 ? "another-token-of-x" : "a-token-of-sixteen";
  const text = `version: 1
plugins:
  model: ${step === 2 ? model("swapped", ", chunk: 2") : model("abcdefgh", ", chunk: 1")}
  second: ${model("second")}
  box: { use: docker-sandbox, with: { pool: 1, timeout: ${step === 9 ? 31 : 30}s } }
  x: { use: websocket, with: { listen: "127.0.0.1:${x}" } }
  y: { use: websocket, with: { listen: "127.0.0.1:${y}", token: "${key}" } }
${step === 1 ? `  more: ${model("more")}` : ""}
flows: { chat: ${step === 8 ? "[model, second]" : "model"}, run: box }
`;
  return step === 5 ? `${text}broken: [` : text;
}

interface Level {
  readonly handles: number;
  readonly heap: number;
  readonly containers: number;
}

async function levelOf(): Promise<Level> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (let time = 0; time < 3; time += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const filter = `label=sluicebox.pid=${process.pid}`;
  const { stdout } = await docker("docker", ["ps", "--all", "--quiet", "--filter", filter]);
  return {
    handles: process.getActiveResourcesInfo().filter((kind) => kind !== "Immediate").length,
    heap: process.memoryUsage().heapUsed,
    containers: stdout.split("\n").filter(Boolean).length,
  };
}

/** Begins runs at their pace until it is stopped, and returns how each of them ended. */
function traffic(host: Host): () => Promise<readonly string[]> {
  const ends = new Set<string>();
  const open = new Set<Promise<unknown>>();
  let on = true;
  const going = (async () => {
    while (on) {
      const run = whole(host).then((end) => ends.add(end));
      open.add(run);
      void run.finally(() => open.delete(run));
      await new Promise((resolve) => setTimeout(resolve, 1_000 / pace));
    }
  })();
  return async () => {
    on = false;
    await going;
    await Promise.all(open);
    return [...ends];
  };
}

/** `ok`, or what was wrong with it. */
async function whole(host: Host): Promise<string> {
  let last = 0;
  let end = "no end";
  for await (const event of host.runs.open({ flow: "chat", input: { text: "hi" } }).events()) {
    if (event.seq !== last + 1) return `${event.seq} after ${last}`;
    last = event.seq;
    if (event.type === "run-end") end = [event.data.status, event.data.reason ?? ""].join(" ").trim();
  }
  return end;
}

describe("reloads without end", () => {
  it(`should leave handles, memory and containers level: ${reloads} of them at ${pace} runs a second`, async () => {
    const file = join(folder, "sluice.yaml");
    const ports = [await freePort(), await freePort()];
    const save = (round: number): void => {
      writeFileSync(`${file}.new`, profileOf({ round, ports }));
      renameSync(`${file}.new`, file);
    };
    save(0);
    const env = { ...process.env, SLUICE_HOME: join(folder, "home") };
    await using host = await createHost({ profile: file, cwd: folder, env, transports: true, terminal: false });
    const outcomes = new Map<string, number>();
    const stop = traffic(host);
    const levels: Level[] = [];
    for (let round = 1; round <= reloads; round += 1) {
      save(round);
      const { status, problems } = await host.operation.profile.reload("soak");
      const wanted = round % 10 === 5 ? "rejected" : "applied";
      expect(status, `round ${round}: ${problems.map(({ message }) => message).join("; ")}`).toBe(wanted);
      outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
      if (round % 10 === 0) levels.push(await settled());
    }
    const ends = await stop();
    expect(ends).toEqual(["ok"]);
    const half = levels.slice(Math.floor(levels.length / 2));
    const [middle, last] = [half[0], half.at(-1)] as [Level, Level];
    console.log(
      `${reloads} reloads: ${[...outcomes].map(([name, count]) => `${count} ${name}`).join(", ")}; ` +
        `handles ${middle.handles} -> ${last.handles}, heap ${mega(middle.heap)} -> ${mega(last.heap)} MB, ` +
        `containers ${middle.containers} -> ${last.containers}`,
    );
    expect(Math.max(...half.map(({ containers }) => containers))).toBeLessThanOrEqual(2);
    expect(last.handles - middle.handles).toBeLessThanOrEqual(10);
    // Journals of runs that have ended fill what memory they may have; a leak of a plugin would be much more.
    expect(last.heap - middle.heap).toBeLessThan(40_000 * reloads + 4_000_000);
  }, 3_600_000);
});

/** Old sandboxes are let go in the background. */
async function settled(): Promise<Level> {
  for (let time = 0; ; time += 1) {
    const level = await levelOf();
    if (level.containers <= 1 || time === 20) return level;
  }
}

const mega = (bytes: number) => (bytes / 1e6).toFixed(1);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
