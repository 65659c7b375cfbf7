/** A host of its own process for tests: keeps a server of Open Interpreter ready, and waits to be killed. */
import { createHost } from "../../core/index.ts";

await createHost({
  transports: true,
  store: false,
  env: { SLUICE_HOME: process.argv[2] },
  config: {
    version: 1,
    plugins: {
      box: { use: "docker-sandbox" },
      oi: { use: "open-interpreter", with: { engine: "box", model: "none", build: { caCertificates: "host" } } },
    },
    flows: { chat: "oi" },
  },
});
process.stdin.resume();
