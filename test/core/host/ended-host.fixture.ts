import { createHost } from "../../../core/index.ts";
import { temporaryHome } from "./temporary-home.ts";

// A host with a plugin of which one call never returns, and its end. What keeps this process then is a fault of ours.
const [kind = "", how = ""] = process.argv.slice(2);

using home = temporaryHome();
const host = await createHost({
  config: {
    version: 1,
    plugins: { good: { use: "./shout" }, bad: { use: `./bad-${kind}`, with: { how } } },
    flows: { chat: "good", ...(kind === "sandbox" ? { bad: "bad" } : {}) },
  },
  ...{ cwd: new URL("../../fixtures/custom/", import.meta.url).pathname, env: home.env, transports: true },
});
if (kind === "sandbox") {
  const run = host.runs.open({ flow: "bad", input: { code: "1", files: [{ path: "a", content: new Uint8Array(1) }] } });
  for await (const event of run.events()) if (event.type === "run-start") break;
}
await host.runs.open({ flow: "chat", input: { text: "well" } }).done;
await host.close({ drain: 0 });
process.stdout.write("closed\n");
