/**
 * Many readers, each with a socket of its own: `node wire-followers.ts URL TOKEN COUNT`. Told a run, all follow it, and one
 * more reads nothing; they report once all but that one have read its end.
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import { SluiceClient } from "../../core/client/index.ts";

export interface Followed {
  readonly took: number;
  /** How many events each reader got, by how many readers. */
  readonly counts: Readonly<Record<number, number>>;
  readonly missing: number;
  readonly ends: number;
}

const [, , url = "", token = "", count = "1"] = process.argv;
const clients = Array.from({ length: Number(count) }, () => new SluiceClient({ url, token }));
await Promise.all(clients.map((client) => client.ready()));

/** Follows, and then does not read. */
async function freeze(run: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"), "sluice.v1");
  await once(socket, "open");
  socket.send(JSON.stringify({ t: "hello", client: "frozen", token }));
  socket.send(JSON.stringify({ t: "follow", id: "1", run }));
  await once(socket, "message");
  socket.pause();
  return socket;
}

process.on("message", async ({ run }: { run: string }) => {
  const frozen = await freeze(run);
  const began = performance.now();
  const counts: Record<number, number> = {};
  let missing = 0;
  let ends = 0;
  const read = async (client: SluiceClient) => {
    let events = 0;
    for await (const event of client.follow(run)) {
      events += 1;
      if (event.type === "gap") missing += 1;
      if (event.type === "run-end") ends += 1;
    }
    counts[events] = (counts[events] ?? 0) + 1;
  };
  await Promise.all(clients.map(read));
  process.send?.({ took: performance.now() - began, counts, missing, ends } satisfies Followed);
  frozen.terminate();
});
process.once("disconnect", () => process.exit());
process.send?.({});
