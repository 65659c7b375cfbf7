import { afterAll, test } from "vitest";
import { alone, discard, engine, firstByte, quantile, raw, tell, timed } from "./bench-kit.ts";
import { Child } from "./child.ts";
import type { Read } from "./wire-client.ts";

/** What a reader over the WebSocket waits for; host and client have their own processes. */

const rounds = 500;

afterAll(() => engine.close());

test("a warm print(1+1)", async () => {
  await using host = await Child.start<{ url: string; token: string }>("wire-host.ts", "store");
  await using client = await Child.start("wire-client.ts", host.ready.url, host.ready.token);
  await client.ask<Read>({ code: "1", language: "python" });
  // Not before: a host that starts removes containers whose owner does not live, and this one names none.
  const bare = await raw(["cat"]);
  const floor: number[] = [];
  const output: number[] = [];
  const whole: number[] = [];
  for (let round = -50; round < rounds; round += 1) {
    const pipe = await timed(async () => {
      const answer = firstByte(bare.socket);
      bare.socket.write("print(1+1)\n");
      await answer;
    });
    const read = await client.ask<Read>({ code: "print(1+1)", language: "python" });
    if (read.output !== 2) throw new Error(`${read.output} characters came`);
    if (round < 0) continue;
    floor.push(pipe);
    output.push(read.first);
    whole.push(read.took);
  }
  const goal = (share: number) => (share === 0.5 ? "<= 2 ms" : "-");
  for (const share of [0.5, 0.99]) {
    const name = `to the output of print(1+1), p${share * 100}`;
    tell(name, "ms", quantile(floor, share), quantile(output, share), goal(share));
  }
  alone("to the end of its run, p50", "ms", quantile(whole, 0.5), "-");
  await discard(bare);
}, 300_000);
