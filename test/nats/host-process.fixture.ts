import { createInterface } from "node:readline";
import { createHost } from "../../core/index.ts";

/** A host of a cluster in a process of its own: it reads commands, one JSON a line, and answers each with one. */
const off = Number(process.argv[3] ?? 0) * 60_000;
const now = Date.now;
Date.now = () => now() + off;
const config = JSON.parse(process.argv[2] ?? "{}");
const host = await createHost({ config, transports: true });
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ ready: host.info.host });

for await (const line of createInterface({ input: process.stdin })) {
  const { open, count = 1 } = JSON.parse(line);
  if (open === undefined) break;
  const runs = Array.from({ length: count }, () => host.runs.open(open).run);
  say({ runs });
}
await host.close();
// A pipe that is open keeps the process.
process.stdin.destroy();
