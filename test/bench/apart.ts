import { setTimeout as sleep } from "node:timers/promises";
import { createHost } from "../../core/index.ts";
import { temporaryHome } from "../core/host/temporary-home.ts";

// Plugins in processes of their own that loop, leak and end their process: how long the runs of others take meanwhile, and
// what the host's memory does. `npm run soak:apart`

const ways = ["well", "loops", "leaks", "leaks buffers", "ends the process", "throws in a timer"];

for (const how of ways) {
  using home = temporaryHome();
  await using host = await createHost({
    config: {
      version: 1,
      plugins: {
        good: { use: "./shout" },
        bad: {
          ...{ use: "./bad-model", with: { how }, restart: { attempts: 1_000, backoff: "50ms" } },
          isolate: { worker: { heap: "64mb", held: "2s" } },
        },
      },
      flows: { chat: "good", bad: "bad" },
    },
    cwd: new URL("../fixtures/custom/", import.meta.url).pathname,
    env: home.env,
    transports: true,
  });
  let bad = 0;
  let over = false;
  const misbehaving = (async () => {
    while (!over) {
      await host.runs.open({ flow: "bad", input: { text: "hello" } }).done;
      bad += 1;
      await sleep(10);
    }
  })();
  const latencies: number[] = [];
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const began = performance.now();
    await host.runs.open({ flow: "chat", input: { text: "well" } }).done;
    latencies.push(performance.now() - began);
    await sleep(5);
  }
  over = true;
  const restarts = host.operation.instances().find(({ id }) => id === "bad")?.status;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(1);
  const memory = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(
    `${how}: ${bad} of its runs ended, now ${restarts}; ${sorted.length} runs of others: p50 ${at(0.5)}, p99 ${at(0.99)}, at most ${at(1)} ms; ${memory} MiB`,
  );
  await host.close({ drain: 0 });
  await misbehaving.catch(() => undefined);
}
