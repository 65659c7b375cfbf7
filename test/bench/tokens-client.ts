/**
 * Our client in a process of its own, as clients are: `node tokens-client.ts URL TOKEN`. Told a model and how many times,
 * it asks all at once and reports what it measured; told to leave, it goes after each first delta.
 */
import { SluiceClient } from "../../core/client/index.ts";
import { Stopwatch } from "./tokens-stopwatch.ts";

export interface Asking {
  readonly model: string;
  readonly count: number;
  readonly leave: boolean;
}

const [, , url = "", token = ""] = process.argv;
const client = new SluiceClient({ url, token });
await client.ready();

async function ask({ model, leave }: Asking) {
  const watch = new Stopwatch();
  for await (const event of client.run(model, "hello")) {
    if (event.type === "error") throw new Error(event.data.message);
    if (event.type !== "text-delta") continue;
    watch.delta(event.data.text);
    if (leave) break;
  }
  return watch.measured();
}

process.on("message", async (asking: Asking) => {
  process.send?.(await Promise.all(Array.from({ length: asking.count }, () => ask(asking))));
});
process.once("disconnect", () => {
  client.close();
  process.exit();
});
process.send?.({});
