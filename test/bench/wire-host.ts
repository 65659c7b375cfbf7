/** A host in a process of its own, as `sluice up` starts it, built where it is built: `node wire-host.ts [store]`. */
import { existsSync } from "node:fs";
import { keepYoungGenerationSmall } from "../../bin/host/memory.ts";

const built = new URL("../../dist/core/testing/index.js", import.meta.url);
const { startTestHost } = (await import(
  existsSync(built) ? built.href : "../../core/testing/index.ts"
)) as typeof import("../../core/testing/index.ts");

keepYoungGenerationSmall();
const started = await startTestHost({
  config: {
    version: 1,
    plugins: {
      box: { use: "docker-sandbox", with: { output: "4g", timeout: "10m" } },
      transport: { use: "websocket", with: { listen: "127.0.0.1:0" } },
    },
    flows: { run: "box" },
  },
  env: { PATH: process.env["PATH"] },
  transports: true,
  store: process.argv[2] === "store",
});
/** Asked for anything, it tells the MiB it occupies once nothing can be collected. */
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ resident: process.memoryUsage.rss() / 1024 / 1024 });
});
process.once("disconnect", () => void Promise.resolve(started[Symbol.asyncDispose]()).finally(() => process.exit()));
process.send?.({ url: started.host.addresses[0], token: started.host.info.token });
