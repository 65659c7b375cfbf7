import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createHost } from "../../core/index.ts";
import { temporaryHome } from "../core/host/temporary-home.ts";

// 10,000 log lines a second, and a sink that never comes back: what the host's memory does, what is dropped, and how
// long somebody else's run takes meanwhile. `npm run soak:sinks -- --seconds 60`

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    rate: { type: "string", default: "10000" },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);

using home = temporaryHome();
await using host = await createHost({
  config: {
    version: 1,
    plugins: {
      good: { use: "./shout" },
      talker: { use: "./chatter", with: { rate } },
      stuck: { use: "./hanger", with: { where: "write" } },
    },
    flows: { chat: "good" },
  },
  cwd: new URL("../fixtures/custom/", import.meta.url).pathname,
  env: home.env,
  transports: true,
});

let lines = 0;
let dropped = 0;
let told = 0;
host.hostEvents$.subscribe((event) => {
  if (event.type === "log" && event.source === "talker") lines += 1;
  if (event.type === "plugin-metric" && event.data.name === "sink-dropped") dropped = event.data.value;
  if (event.type === "log" && event.data.message.startsWith("stuck does not keep up")) told += 1;
});

const latencies: number[] = [];
const memory: number[] = [];
const mebibytes = () => Math.round(process.memoryUsage().rss / 1024 / 1024);

for (let second = 1; second <= seconds; second += 1) {
  await sleep(1_000);
  const began = performance.now();
  await host.runs.open({ flow: "chat", input: { text: "well" } }).done;
  latencies.push(performance.now() - began);
  memory.push(mebibytes());
  if (second % 5 === 0) {
    const slowest = Math.max(...latencies.slice(-5)).toFixed(1);
    console.log(
      `${second} s: ${lines} lines, ${dropped} dropped (told ${told} times), ${memory.at(-1)} MiB, run ${slowest} ms`,
    );
  }
}

const sorted = latencies.toSorted((a, b) => a - b);
const half = Math.floor(memory.length / 2);
console.log(
  [
    `lines a second: ${Math.round(lines / seconds)}`,
    `dropped: ${dropped}, told ${told} times`,
    `memory: ${memory[half]} MiB at half time, ${memory.at(-1)} MiB at the end, ${Math.max(...memory)} MiB at most`,
    `a run beside it: ${sorted[half]?.toFixed(1)} ms in the middle, ${sorted.at(-1)?.toFixed(1)} ms at most`,
  ].join("\n"),
);
