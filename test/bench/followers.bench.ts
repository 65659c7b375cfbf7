import { readFileSync } from "node:fs";
import { test } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import { Child } from "./child.ts";
import { alone } from "./kit.ts";
import type { Followed } from "./wire-followers.ts";

/** 999 readers of one run, each with a socket of its own, and one that does not read. */

const readers = 999;
const rounds = 4;
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
  alone("the host's memory with their sockets", "MiB", resident(), "-");
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
    const [events = "0"] = Object.keys(counts);
    alone(`round ${round}: events a second, all readers`, "", (Number(events) * readers) / (took / 1000), "-");
    alone(`round ${round}: events of each reader`, "", Number(events), "all");
    alone(`round ${round}: the host's memory at most`, "MiB", peak, "flat");
  }
}, 600_000);
