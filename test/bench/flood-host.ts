/** A host in a process of its own, with a page beside the wire, for floods: `node flood-host.ts`. */
import { existsSync } from "node:fs";

const built = new URL("../../dist/core/testing/index.js", import.meta.url);
const { startTestHost } = (await import(
  existsSync(built) ? built.href : "../../core/testing/index.ts"
)) as typeof import("../../core/testing/index.ts");

const listen = "127.0.0.1:0";
const started = await startTestHost({
  config: {
    version: 1,
    plugins: {
      http: { use: "http-server" },
      box: { use: "docker-sandbox", with: { pool: 0, network: { allow: ["nowhere.invalid"] } } },
      transport: { use: "websocket", with: { listen } },
      page: { use: "web-monitor", with: { listen } },
    },
    flows: { run: "box" },
  },
  env: { PATH: process.env["PATH"] },
  transports: true,
  store: true,
});
/** Milliseconds that turns of the event loop came late, each. */
let delays: number[] = [];
let last = performance.now();
const pause = 5;
setInterval(() => {
  const now = performance.now();
  delays.push(Math.max(0, now - last - pause));
  last = now;
}, pause).unref();
process.on("message", (told: string) => {
  process.send?.({ delay: told === "end" ? delays : [] });
  delays = [];
});
process.once("disconnect", () => void Promise.resolve(started[Symbol.asyncDispose]()).finally(() => process.exit()));
process.send?.({ urls: started.host.addresses, token: started.host.info.token });
