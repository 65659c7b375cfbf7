import { Agent, request } from "node:http";
import { loadavg } from "node:os";
import { afterAll, beforeAll, test } from "vitest";
import { Child, cpuOf } from "./child.ts";
import type { Asking } from "./tokens-client.ts";
import { type Portkey, startPortkey } from "./tokens-portkey.ts";
import { type Measured, Stopwatch } from "./tokens-stopwatch.ts";

/**
 * What we add to a provider's answer of 64 deltas, beside others who stand between: all of them in processes of their
 * own, asked in turn, so that this machine's noise is in each. What is added is what `direct` does not have.
 */
interface Way {
  readonly name: string;
  readonly pid: number;
  ask(model: string): Promise<Measured>;
}

interface Figures {
  readonly firstToken: number[];
  /** The same of a process that had nothing to do for half a second, whose code is in no cache of the processor's. */
  readonly afterIdling: number[];
  readonly gaps: number[];
  /** Milliseconds of all answers that were counted. */
  cpu: number;
}

const answers = 100;
/** Answers of each before anything is measured: what is told is of processes at work, whose code is compiled. */
const before = 1_000;
const children = new AsyncDisposableStack();
const agent = new Agent({ keepAlive: true });
let upstream: Child<{ port: number }>;
let host: Child<{ url: string; token: string }>;
let client: Child<unknown>;
let portkey: Portkey | string;
let pipe: Child<{ port: number }>;
let sdk: Child<unknown>;

beforeAll(async () => {
  upstream = children.use(await Child.start<{ port: number }>("tokens-upstream.ts"));
  const port = `${upstream.ready.port}`;
  pipe = children.use(await Child.start<{ port: number }>("tokens-pipe.ts", port));
  sdk = children.use(await Child.start("tokens-sdk.ts", port));
  host = children.use(await Child.start<{ url: string; token: string }>("tokens-host.ts", port));
  client = children.use(await Child.start("tokens-client.ts", host.ready.url, host.ready.token));
  portkey = await startPortkey();
  if (typeof portkey !== "string") children.use(portkey);
}, 300_000);

afterAll(async () => {
  agent.destroy();
  await children.disposeAsync();
}, 30_000);

/** By HTTP alone: nothing is parsed but the deltas themselves. */
function raw(port: number, model: string, headers: Readonly<Record<string, string>> = {}): Promise<Measured> {
  const watch = new Stopwatch();
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "hello" }] });
  return new Promise((resolve, reject) => {
    const sent = { "content-type": "application/json", "content-length": `${body.length}`, ...headers };
    const path = "/v1/chat/completions";
    const asking = request({ host: "127.0.0.1", port, path, method: "POST", headers: sent, agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`the answer was ${answer.statusCode}`));
      let rest = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        const end = (rest + chunk).lastIndexOf("\n\n") + 1;
        const whole = (rest + chunk).slice(0, end);
        rest = (rest + chunk).slice(end);
        const found = [...whole.matchAll(/"content":"(\d+:\d+ )"/g)].map(([, text]) => text).join("");
        if (found !== "") watch.delta(found);
      });
      answer.once("end", () => resolve(watch.measured()));
    });
    asking.once("error", reject).end(body);
  });
}

async function ours(model: string): Promise<Measured> {
  const [measured] = await askOurs({ model, count: 1, leave: false });
  if (measured === undefined) throw new Error("the client measured nothing");
  return measured;
}

const askOurs = (asking: Asking) => client.ask<Measured[]>(asking);

function ways(): Way[] {
  const others: Way[] = [
    { name: "direct", pid: 0, ask: (model) => raw(upstream.ready.port, model) },
    { name: "bare node pipe", pid: pipe.pid, ask: (model) => raw(pipe.ready.port, model) },
    { name: "AI SDK doStream, in-process", pid: sdk.pid, ask: (model) => sdk.ask<Measured>(model) },
    { name: "ours, over the WebSocket", pid: host.pid, ask: ours },
  ];
  if (typeof portkey === "string") {
    process.stdout.write(`Portkey's gateway is left out: ${portkey}\n`);
    return others;
  }
  const { pid, port } = portkey;
  const headers = {
    authorization: "Bearer none",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `http://127.0.0.1:${upstream.ready.port}/v1`,
  };
  return [...others, { name: "Portkey (25 ms are its fixed sleep)", pid, ask: (model) => raw(port, model, headers) }];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function whole({ deltas }: Measured, name: string): void {
  if (deltas !== 64) throw new Error(`${name}: ${deltas} of 64 deltas came`);
}

function tell(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(38)} ${cells.join("   ")}\n`);
}

const ms = (value: number) => `${value.toFixed(2).padStart(6)} ms`;

test("added time to first token, gaps and cpu", async () => {
  const all = ways().map((way) => ({ way, figures: { firstToken: [], afterIdling: [], gaps: [], cpu: 0 } as Figures }));
  for (let round = 0; round < before; round += 1) for (const { way } of all) whole(await way.ask("fast"), way.name);
  for (let round = 0; round < answers; round += 1) {
    for (const { way, figures } of all) {
      const used = cpuOf(way.pid);
      whole(await way.ask("fast"), way.name);
      figures.cpu += cpuOf(way.pid) - used;
    }
  }
  // A provider that writes without a pause takes the processor from whoever has to read its first delta.
  for (let round = 0; round < answers * 3; round += 1) {
    for (const { way, figures } of all) {
      const measured = await way.ask("early");
      whole(measured, way.name);
      figures.firstToken.push(measured.firstToken);
    }
  }
  for (let round = 0; round < answers; round += 1) {
    for (const { way, figures } of all) {
      const measured = await way.ask("paced");
      whole(measured, way.name);
      figures.afterIdling.push(measured.firstToken);
      figures.gaps.push(...measured.gaps);
    }
  }
  const figuresOf = (name: string) => all.find(({ way }) => way.name.startsWith(name))?.figures;
  const direct = figuresOf("direct");
  const beside = figuresOf("AI SDK");
  process.stdout.write(`${answers} answers of 64 deltas each, load average ${loadavg()[0]?.toFixed(1)}\n`);
  for (const { way, figures } of all) {
    const value = (from: "firstToken" | "afterIdling", share: number) =>
      quantile(figures[from], share) - (way.pid === 0 ? 0 : quantile(direct?.[from] ?? [], share));
    const first = way.pid === 0 ? "first token" : "added first token";
    tell(way.name, [
      `${first.padStart(17)} p50 ${ms(value("firstToken", 0.5))} p99 ${ms(value("firstToken", 0.99))}`,
      `after idling p50 ${ms(value("afterIdling", 0.5))}`,
      `gap off by p50 ${ms(quantile(figures.gaps, 0.5))} p99 ${ms(quantile(figures.gaps, 0.99))}`,
      way.pid === 0 ? "" : `cpu ${ms(figures.cpu / answers)}`,
    ]);
  }
  const we = figuresOf("ours");
  if (direct === undefined || beside === undefined || we === undefined) return;
  const median = (figures: Figures) => quantile(figures.firstToken, 0.5);
  tell("ours: added first token, p50", [ms(median(we) - median(direct)), "(goal <= 2 ms)"]);
  tell("ours: above doStream, p50", [ms(median(we) - median(beside)), "(goal <= 1 ms)"]);
  const gap = quantile(we.gaps, 0.5) - quantile(direct.gaps, 0.5);
  tell("ours: added gap between deltas, p50", [ms(gap), "(goal <= 0.2 ms)"]);
  tell("ours: cpu per answer beside doStream", [`${(we.cpu / beside.cpu).toFixed(2)} x`, "(goal <= 1.5 x)"]);
}, 600_000);

test("200 streams at once", async () => {
  const began = performance.now();
  const measured = await askOurs({ model: "paced", count: 200, leave: false });
  for (const each of measured) whole(each, "one of 200 streams");
  const took = performance.now() - began;
  tell("200 streams at once, 2 ms between deltas", [`12800 deltas in ${ms(took)}`, "none lost (goal: none lost)"]);
}, 120_000);

interface Held {
  readonly kinds: Readonly<Record<string, number>>;
  readonly heap: number;
}

async function abandonMany(count: number): Promise<{ held: Held; connections: number }> {
  for (let done = 0; done < count; done += 50) await askOurs({ model: "stall", count: 50, leave: true });
  // Leaving is told over the wire; the sockets are gone a moment after.
  let connections = Number.NaN;
  for (let turn = 0; turn < 100; turn += 1) {
    ({ connections } = await upstream.ask<{ connections: number }>("connections"));
    if (connections <= 8) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  return { held: await host.ask<Held>("held"), connections };
}

test("1,000 abandoned streams", async () => {
  const before = await abandonMany(1_000);
  const after = await abandonMany(1_000);
  const kinds = new Set([...Object.keys(before.held.kinds), ...Object.keys(after.held.kinds)]);
  const more = [...kinds].flatMap((kind) => {
    const added = (after.held.kinds[kind] ?? 0) - (before.held.kinds[kind] ?? 0);
    return added > 0 ? [`${kind} +${added}`] : [];
  });
  const heap = (after.held.heap - before.held.heap) / 1024 / 1024;
  tell("1,000 abandoned streams, after as many", [
    `sockets and timers left: ${more.join(", ") || "none"}`,
    `upstream connections ${before.connections} -> ${after.connections}`,
    `heap ${heap.toFixed(1)} MiB more (of ${(before.held.heap / 1024 / 1024).toFixed(0)})`,
    "(goal: at the baseline)",
  ]);
}, 120_000);
