import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, test } from "vitest";
import type { SandboxSession } from "../../core/index.ts";
import { createOptions } from "../../plugins/docker-sandbox/container/create-options.ts";
import { Engine } from "../../plugins/docker-sandbox/engine/engine.ts";
import { recipeOf } from "../../plugins/docker-sandbox/image-build/recipe.ts";
import { defaults, type Kit, run, startSandbox } from "../docker/sandbox-kit.ts";

/** Each figure beside its floor, alternately in one run: this machine's noise is in both. */
const MIB = 1024 * 1024;
const engine = new Engine({ socketPath: "/var/run/docker.sock", text: "unix:///var/run/docker.sock" });
let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox({ output: 1024 * MIB }, false);
  await kit.sandbox.prepare({}, new AbortController().signal);
}, 600_000);

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  engine.close();
});

interface Raw {
  readonly id: string;
  readonly socket: Duplex;
}

/** A container with the very same limits, running one bare command; started, and nothing read of it yet. */
async function raw(command: readonly string[]): Promise<Raw> {
  const create = createOptions({
    config: defaults,
    image: recipeOf(defaults).tag,
    labels: { "sluicebox.owner": "bench" },
  });
  const { body } = await engine.call<{ Id: string }>(`/containers/create?name=sluice-bench-${randomUUID()}`, {
    method: "POST",
    body: { ...create, Cmd: command },
  });
  const socket = await engine.attach(body.Id);
  await engine.call(`/containers/${body.Id}/start`, { method: "POST" });
  return { id: body.Id, socket };
}

async function discard({ id, socket }: Raw): Promise<void> {
  socket.destroy();
  await engine.call(`/containers/${id}?force=1`, { method: "DELETE", accept: [404, 409] });
}

const firstByte = (socket: Duplex) => new Promise<void>((resolve) => socket.once("data", () => resolve()));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function tell(what: string, unit: string, floor: number, ours: number, goal: string): void {
  const ratio = (ours / floor).toFixed(2);
  process.stdout.write(
    `${what.padEnd(44)} floor ${floor.toFixed(2).padStart(8)} ${unit}   ours ${ours.toFixed(2).padStart(8)} ${unit}   ${ratio} x   (goal ${goal})\n`,
  );
}

/** What has no floor to stand beside. */
function alone(what: string, unit: string, ours: number, goal: string): void {
  process.stdout.write(`${what.padEnd(44)} ours ${ours.toFixed(2)} ${unit}   (goal ${goal})\n`);
}

test("ready to execute, and closing", async () => {
  const floor = { ready: [] as number[], close: [] as number[] };
  const ours = { ready: [] as number[], close: [] as number[], dispose: [] as number[] };
  for (let round = 0; round < 12; round += 1) {
    let bare: Raw | undefined;
    floor.ready.push(
      await timed(async () => {
        bare = await raw(["/bin/sh", "-c", "echo x; exec sleep 1000"]);
        await firstByte(bare.socket);
      }),
    );
    floor.close.push(await timed(async () => bare && discard(bare)));
    let session: SandboxSession | undefined;
    ours.ready.push(
      await timed(async () => {
        session = await kit.open();
      }),
    );
    const gone = kit.statuses.filter(({ status }) => status === "gone").length + 1;
    const began = performance.now();
    ours.dispose.push(await timed(async () => session?.[Symbol.asyncDispose]()));
    while (kit.statuses.filter(({ status }) => status === "gone").length < gone) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    ours.close.push(performance.now() - began);
  }
  tell(
    "ready: create + start + first byte, p50",
    "ms",
    quantile(floor.ready, 0.5),
    quantile(ours.ready, 0.5),
    "<= 1.2 x",
  );
  tell("close: kill + remove, p50", "ms", quantile(floor.close, 0.5), quantile(ours.close, 0.5), "<= 2 x");
  tell("close: in the caller's way, p50", "ms", quantile(floor.close, 0.5), quantile(ours.dispose, 0.5), "none");
}, 120_000);

test("ready from the pool, and a preloaded container's memory", async () => {
  const pooled = await startSandbox({ pool: 1 });
  const bare = await raw([
    "python3",
    "-c",
    "import pandas, numpy, matplotlib.pyplot, time; print('x', flush=True); time.sleep(1000)",
  ]);
  await firstByte(bare.socket);
  const { body } = await engine.call<{ memory_stats: { usage: number; stats: Record<string, number> } }>(
    `/containers/${bare.id}/stats?stream=0&one-shot=1`,
  );
  const { usage, stats } = body.memory_stats;
  const floor = usage - (stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0);
  await discard(bare);
  const opens: number[] = [];
  const firsts: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    while (pooled.statuses.filter(({ status }) => status === "pooled").length <= round) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    let session: SandboxSession | undefined;
    opens.push(
      await timed(async () => {
        session = await pooled.open();
      }),
    );
    if (session === undefined) continue;
    if (round === 0) {
      const { memory } = await firstValueFrom(session.stats$);
      tell("memory: idle with pandas and matplotlib", "MiB", floor / MIB, memory / MIB, "<= 130 MiB");
    }
    const opened = session;
    firsts.push(await timed(() => run(opened, "import pandas, matplotlib.pyplot")));
    await session[Symbol.asyncDispose]();
  }
  alone("ready from the pool, p50", "ms", quantile(opens, 0.5), "<= 10 ms");
  alone("first cell after it, with imports, p50", "ms", quantile(firsts, 0.5), "-");
  await pooled[Symbol.asyncDispose]();
}, 120_000);

test("a warm cell", async () => {
  const bare = await raw(["cat"]);
  const session = await kit.open();
  const floor: number[] = [];
  const ours: number[] = [];
  await run(session, "1");
  for (let round = 0; round < 1_000; round += 1) {
    floor.push(
      await timed(async () => {
        const answer = firstByte(bare.socket);
        bare.socket.write("print(1+1)\n");
        await answer;
      }),
    );
    ours.push(await timed(() => run(session, "print(1+1)")));
  }
  tell("warm print(1+1), p50", "ms", quantile(floor, 0.5), quantile(ours, 0.5), "<= 1 ms");
  tell("warm print(1+1), p99", "ms", quantile(floor, 0.99), quantile(ours, 0.99), "-");
  await discard(bare);
  await session[Symbol.asyncDispose]();
}, 120_000);

test("output", async () => {
  const size = 256 * MIB;
  const script = `import os; piece = b'0123456789abcdef' * 65536\nfor _ in range(${size / MIB}):\n    left = memoryview(piece)\n    while left: left = left[os.write(1, left):]`;
  const command = `python3 -c "${script}"`;
  const floor: number[] = [];
  const ours: number[] = [];
  const session = await kit.open();
  for (let round = 0; round < 3; round += 1) {
    const bare = await raw(["/bin/sh", "-c", `read line; ${command}; exec sleep 1000`]);
    let bytes = 0;
    const whole = await timed(
      () =>
        new Promise<void>((resolve) => {
          bare.socket.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes >= size) resolve();
          });
          bare.socket.write("\n");
        }),
    );
    floor.push(size / MIB / (whole / 1000));
    await discard(bare);
    let text = 0;
    const took = await timed(
      () =>
        new Promise<void>((resolve, reject) => {
          session.execute(command, { language: "bash" }).subscribe({
            next: (event) => {
              if (event.type === "exec-stdout") text += event.data.text?.length ?? 0;
            },
            error: reject,
            complete: () => resolve(),
          });
        }),
    );
    if (text !== size) throw new Error(`${text} of ${size} bytes came`);
    ours.push(size / MIB / (took / 1000));
  }
  tell("stdout as text events, median", "MiB/s", quantile(floor, 0.5), quantile(ours, 0.5), ">= 0.33 x");
  await session[Symbol.asyncDispose]();
}, 120_000);
