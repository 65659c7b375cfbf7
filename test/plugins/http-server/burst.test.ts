import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HttpServerService } from "../../../plugins/http-server/service.ts";
import { httpConfig, silentLog } from "../websocket/websocket-kit.ts";

/** What the kernel of this machine allows; elsewhere than on Linux it is not told. */
function mostWaiting(): number {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
  } catch {
    return 0;
  }
}

const count = 800;

/** Opens so many connections at once, and prints how many of them have come to be. */
const burst = `
const { connect } = require("node:net");
let open = 0;
const end = () => { console.log(open); process.exit(); };
for (let at = 0; at < ${count}; at += 1) {
  const socket = connect(Number(process.argv[1]), "127.0.0.1");
  socket.on("error", () => undefined).on("connect", () => { open += 1; if (open === ${count}) end(); });
}
setTimeout(end, Number(process.argv[2]));
`;

describe("a burst of connections", () => {
  it.skipIf(mostWaiting() <= count)("should keep nobody from a host that is busy with something else", async () => {
    await using http = new HttpServerService(httpConfig, silentLog);
    const mount = { listen: "127.0.0.1:0", path: "/a", methods: ["GET"] };
    const { address } = await http.mountHttp({ ...mount, handle: (_request, response) => void response.end("here") });
    const { port } = new URL(address);
    // This process is the host, and takes no connection until the call returns.
    const { stdout } = spawnSync(process.execPath, ["-e", burst, port, "20000"], { encoding: "utf8" });
    expect(Number(stdout)).toBe(count);
    expect(await (await fetch(`${address}/a`)).text()).toBe("here");
  });
});
