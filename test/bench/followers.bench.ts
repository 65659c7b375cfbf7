import { readFileSync } from "node:fs";
import { test } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import { alone, quantile } from "./bench-kit.ts";
import { Child } from "./child.ts";
import type { Followed } from "./wire-followers.ts";

/** 999 readers of one run, each with a socket of its own, and one that does not read. */

const readers = 999;
const rounds = 14;
const code = `import sys
for number in range(1_000):
    print(number, "x" * 1_000, flush=True)
input()`;

test("a thousand followers, one of them frozen", async () => {
  await using host = await Child.start<{ url: string; token: string }>("wire-host.ts", "store");
  const { url, token } = host.ready;
  await using owner = new SluiceClient({ url, token });
  await using followers = await Child.start("wire-followers.ts", url, token, `${readers}`);
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${host.pid}/status`, "utf8"))?.[1]) / 1024;
  const sockets = resident();
  const peaks: number[] = [];
  const held: number[] = [];
  const rates: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, resident());
    }, 20);
    const run = owner.run("run", { code, language: "python" }, { session: "bench", interactive: true });
    const following = followers.ask<Followed>({ run: await run.opened });
    const whole = run.forEach((event) => {
      if (event.type === "input-request") void run.input({ kind: "stdin", text: "" });
    });
    const { took, counts, missing, ends } = await following;
    await whole;
    clearInterval(watch);
    if (Object.keys(counts).length !== 1 || missing !== 0 || ends !== readers) {
      throw new Error(`readers by their events: ${JSON.stringify(counts)}; missing ${missing}; ends ${ends}`);
    }
    peaks.push(peak);
    held.push((await host.ask<{ resident: number }>("held")).resident);
    rates.push((Number(Object.keys(counts)[0]) * readers) / (took / 1000));
  }
  alone("the host's memory with their sockets", "MiB", sockets, "-");
  alone("events a second, all readers, median", "", quantile(rates, 0.5), "-");
  for (const round of [1, rounds / 2, rounds]) {
    alone(`the host's memory in round ${round}, at most`, "MiB", peaks[round - 1] ?? Number.NaN, "flat");
    alone(`the host's memory after round ${round}, collected`, "MiB", held[round - 1] ?? Number.NaN, "flat");
  }
}, 600_000);
