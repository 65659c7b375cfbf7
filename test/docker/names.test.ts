import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { run, startSandbox } from "./sandbox-kit.ts";

const PYTHON = `import socket
ours = [socket.gethostbyname(name) for name in ("localhost", socket.gethostname())]
with socket.create_server(("localhost", 0)) as server:
    with socket.create_connection(("localhost", server.getsockname()[1])) as client: client.sendall(b"x")
    with server.accept()[0] as other: print(all(one.startswith("127.") for one in ours), other.recv(1))
try: socket.getaddrinfo("example.org", 80)
except socket.gaierror: print("nobody else")`;
const JAVASCRIPT = `const server = require("http").createServer((request, response) => response.end("hi")).listen(0, "localhost");
await new Promise((resolve) => server.on("listening", resolve));
const port = server.address().port;
const answer = await fetch("http://localhost:" + port);
console.log(await answer.text());
server.closeAllConnections(); server.close();`;

const runtimes = JSON.parse(spawnSync("docker", ["info", "--format", "{{json .Runtimes}}"]).stdout.toString());

describe("Names in a container without a network", () => {
  it.for([
    ["runc", "sandbox-image"],
    ["runsc", "sandbox-image"],
    ["runc", "debian:trixie-slim"],
  ])(
    "should be those of the machine itself: %s, %s",
    { timeout: 300_000 },
    async ([runtime = "", image = ""], { skip }) => {
      if (!(runtime in runtimes)) skip();
      await using kit = await startSandbox({ runtime, image });
      await using session = await kit.open();
      const python = await run(session, PYTHON);
      expect(python).toMatchObject({ stdout: "True b'x'\nnobody else\n", stderr: "" });
      if (image !== "sandbox-image") return;
      expect(await run(session, JAVASCRIPT, { language: "javascript" })).toMatchObject({ stdout: "hi\n", stderr: "" });
    },
  );
});
