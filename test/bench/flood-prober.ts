/**
 * Somebody else's client, in a process of its own, while a session floods: `node flood-prober.ts URL TOKEN`. Told
 * `begin`, it asks `/healthz` and runs warm cells until it is told `end`, and reports what each took. Milliseconds.
 */
import { SluiceClient } from "../../core/client/index.ts";

export interface Probed {
  readonly healthz: readonly number[];
  readonly cells: readonly number[];
}

const [, , url = "", token = ""] = process.argv;
const client = new SluiceClient({ url, token });
await client.ready();
const address = url.replace(/^ws/, "http").replace(/\/$/, "");
const headers = { authorization: `Bearer ${token}` };
const asks = {
  healthz: async () => void (await (await fetch(`${address}/healthz`, { headers })).text()),
  cells: () => client.run("run", { code: "6 * 7", language: "python" }, { session: "quiet" }).forEach(() => {}),
};
for (let round = 0; round < 50; round += 1) for (const ask of Object.values(asks)) await ask();

let on = false;
let taken: Record<keyof Probed, number[]> = { healthz: [], cells: [] };
let loops: Promise<unknown> = Promise.resolve();

async function look(kept: number[], ask: () => Promise<void>): Promise<void> {
  while (on) {
    const began = performance.now();
    await ask();
    kept.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

process.on("message", async (told: string) => {
  on = told === "begin";
  if (on) {
    taken = { healthz: [], cells: [] };
    loops = Promise.all([look(taken.healthz, asks.healthz), look(taken.cells, asks.cells)]);
    process.send?.({});
  } else {
    await loops;
    process.send?.(taken satisfies Probed);
  }
});
process.once("disconnect", () => {
  client.close();
  process.exit();
});
process.send?.({});
