/**
 * A client in a process of its own, as clients are: `node wire-client.ts URL TOKEN`. Told a flow's input as JSON, it
 * reads a run to its end and reports what came.
 */
import { SluiceClient } from "../../core/client/index.ts";

export interface Read {
  /** Milliseconds from the asking to the end. */
  readonly took: number;
  /** Milliseconds to the first output; not a number where there was none. */
  readonly first: number;
  /** Characters of standard output. */
  readonly output: number;
  /** Events that were said to be missing. */
  readonly missing: number;
}

const [, , url = "", token = ""] = process.argv;
const client = new SluiceClient({ url, token });
await client.ready();

process.on("message", async (input: { code: string; language: string }) => {
  const began = performance.now();
  let output = 0;
  let first = Number.NaN;
  let missing = 0;
  await client.run("run", input, { session: "bench" }).forEach((event) => {
    if (event.type === "exec-stdout") {
      if (output === 0) first = performance.now() - began;
      output += event.data.text?.length ?? 0;
    }
    if (event.type === "gap") missing += event.data.to - event.data.from + 1;
  });
  process.send?.({ took: performance.now() - began, first, output, missing } satisfies Read);
});
process.once("disconnect", () => {
  client.close();
  process.exit();
});
process.send?.({});
