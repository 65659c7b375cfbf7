import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../e2e/drain-kit.ts";
import { Deployment, hasCompose, root } from "./image-kit.ts";

const socket = "/var/run/docker.sock";
const deployment = new Deployment("sluice-image", join(root, "bin/deploy"));
const { env } = deployment;
const docker = deployment.docker.bind(deployment);
const compose = deployment.compose.bind(deployment);
const inHost = (...args: readonly string[]) => compose("exec", "-T", "host", ...args);
const container = (service: "gate" | "host") => deployment.container(service);

/** What the gate answers to a request that code in the host's container makes by itself. */
function ask(method: string, path: string, body?: object): Promise<string> {
  const script = `
    const sent = require("node:http").request({ socketPath: "/run/gate/docker.sock", method: ${JSON.stringify(method)},
      path: ${JSON.stringify(path)}, headers: { "content-type": "application/json" } });
    sent.on("response", (answer) => { answer.setEncoding("utf8"); let text = "";
      answer.on("data", (piece) => { text += piece; }).on("end", () => console.log(answer.statusCode, text)); });
    sent.end(${JSON.stringify(body === undefined ? "" : JSON.stringify(body))});`;
  return inHost("node", "-e", script);
}

describe.skipIf(!hasCompose)("compose.yaml, by docker compose", () => {
  beforeAll(async () => {
    env["SLUICE_IMAGE"] = await deployment.hostImage();
    env["DOCKER_GID"] = String(statSync(socket).gid);
    env["SLUICE_PORT"] = String(await freePort());
    await compose("up", "--detach", "--wait", "--wait-timeout", "120");
  });

  afterAll(() => deployment.remove());

  it("should serve on this machine alone, and say that it is well", async () => {
    const [host] = JSON.parse(await docker("inspect", container("host")));
    expect(host.State.Health.Status).toBe("healthy");
    expect(host.NetworkSettings.Ports[`${env["SLUICE_PORT"]}/tcp`]).toEqual([
      { HostIp: "127.0.0.1", HostPort: env["SLUICE_PORT"] },
    ]);
    expect((await fetch(`http://127.0.0.1:${env["SLUICE_PORT"]}/healthz`)).status).toBe(200);
    expect(await compose("logs", "host")).toMatch(/ready at http:/);
  });

  it("should run code in sandboxes, and keep sessions", async () => {
    expect(await inHost("sluice", "run", "-e", "print(6 * 7)")).toBe("42");
    expect(await inHost("sluice", "run", "--session", "mine", "-e", "x = 41")).toBe("");
    expect(await inHost("sluice", "run", "--session", "mine", "-e", "print(x + 1)")).toBe("42");
    expect(await compose("logs", "gate")).not.toContain("refused:");
  });

  it("should give the engine's socket to the gate alone, and no rights to anybody", async () => {
    const [host, gate] = JSON.parse(await docker("inspect", container("host"), container("gate")));
    expect(JSON.stringify(host.Mounts)).not.toContain("docker.sock");
    expect(gate.HostConfig.NetworkMode).toBe("none");
    for (const { Config, HostConfig } of [host, gate]) {
      expect(Config.User).toBe("65532:65532");
      expect(HostConfig).toMatchObject({ Privileged: false, ReadonlyRootfs: true, CapDrop: ["ALL"] });
    }
  });

  it("should be refused what would be the machine's root", async () => {
    const create = { Image: "debian:trixie-slim", HostConfig: { Binds: ["/:/host"], Privileged: true } };
    expect(await ask("POST", "/containers/create", create)).toMatch(/^403 .*the gate refuses it/);
    expect(await ask("POST", `/containers/${container("gate")}/exec`, { Cmd: ["id"] })).toMatch(/^403 /);
    expect(await ask("GET", "/containers/json?all=1")).toMatch(/^403 /);
    expect(await compose("logs", "gate")).toContain("refused: POST /containers/create");
  });

  it("should see and touch no container but those of sandboxes", async () => {
    for (const [method, path] of [
      ["GET", `/containers/${container("gate")}/json`],
      ["DELETE", `/containers/${container("gate")}?force=1`],
      ["POST", `/containers/${container("gate")}/attach?stream=1&stdin=1`],
    ] as const) {
      expect(await ask(method, path)).toMatch(/^403 .*is no sandbox/);
    }
    expect(await docker("inspect", "--format", "{{.State.Running}}", container("gate"))).toBe("true");
  });

  it("should drain and end with 0 when it is stopped, and leave no sandbox", async () => {
    await compose("stop", "--timeout", "60", "host");
    expect(await docker("inspect", "--format", "{{.State.ExitCode}}", container("host"))).toBe("0");
    const owner = JSON.stringify(await docker("ps", "--all", "--format", '{{.Label "sluicebox.pid"}}'));
    expect(owner).not.toMatch(/(^"|\\n)1(\\n|"$)/);
  });

  it("should keep its runs, and leave nothing when it is taken down", async () => {
    const before = await compose("run", "--rm", "--no-deps", "-T", "host", "runs", "--json");
    expect(before).toContain(`"input":"print(6 * 7)"`);
    await compose("down", "--volumes", "--timeout", "60");
    expect(await deployment.left()).toBe("");
  });
});
