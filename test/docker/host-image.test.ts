import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";

const root = resolve(import.meta.dirname, "../..");
const execute = promisify(execFile);
const unique = `sluice-image-${process.pid}`;
const image = `${unique}:test`;
const base = `${unique}-base:test`;
const socket = "/var/run/docker.sock";

interface Service {
  readonly command: readonly string[];
  readonly user: string;
  readonly group_add?: readonly string[];
  readonly volumes: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly read_only: boolean;
  readonly tmpfs: readonly string[];
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
}

const compose = parse(readFileSync(join(root, "bin/deploy/compose.yaml"), "utf8")) as {
  readonly services: Readonly<Record<"gate" | "host", Service>>;
};

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await execute("docker", args, { maxBuffer: 16 << 20 });
  return `${stdout}${stderr}`.trim();
}

/** `docker run` of a service as compose.yaml has it: what is tried is what people start. */
function startOf(name: "gate" | "host"): string[] {
  const service = compose.services[name];
  const filled = (text: string): string =>
    text.replaceAll(/\$\{DOCKER_GID:-0\}/g, String(statSync(socket).gid)).replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
  const volume = (text: string): string => filled(text).replace(/^(gate|state):/, `${unique}-$1:`);
  const each = (flag: string, values: readonly string[] = []) => values.flatMap((value) => [flag, filled(value)]);
  return [
    ...["run", "-d", "--name", `${unique}-${name}`, "--user", service.user],
    ...(service.network_mode === undefined ? [] : ["--network", service.network_mode]),
    ...(service.read_only ? ["--read-only"] : []),
    ...each("--tmpfs", service.tmpfs),
    ...each("--cap-drop", service.cap_drop),
    ...each("--security-opt", service.security_opt),
    ...each("--group-add", service.group_add),
    ...service.volumes.flatMap((text) => ["--volume", volume(text)]),
    ...Object.entries(service.environment).flatMap(([key, value]) => ["--env", `${key}=${filled(value)}`]),
    ...[image, ...service.command],
  ];
}

const inHost = (...args: readonly string[]) => docker("exec", `${unique}-host`, ...args);

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

const until = (name: string, words: string): Promise<void> =>
  vi.waitFor(async () => expect(await docker("logs", `${unique}-${name}`)).toContain(words), {
    timeout: 90_000,
    interval: 200,
  });

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-base-"));
  copyFileSync(process.execPath, join(folder, "node"));
  writeFileSync(join(folder, "Dockerfile"), "FROM debian:trixie-slim\nCOPY node /usr/local/bin/node\n");
  await docker("build", "--quiet", "--tag", base, folder);
  rmSync(folder, { recursive: true });
  await execute(join(root, "bin/deploy/image"), [image, base], { maxBuffer: 16 << 20 });
  await docker(...startOf("gate"));
  await until("gate", "leads to");
  await docker(...startOf("host"));
  await until("host", "ready at");
});

afterAll(async () => {
  await docker("rm", "-f", `${unique}-host`, `${unique}-gate`).catch(() => undefined);
  await docker("volume", "rm", `${unique}-gate`, `${unique}-state`).catch(() => undefined);
  await docker("rmi", image, base).catch(() => undefined);
});

describe("the image of the host, as compose.yaml starts it", () => {
  it("should run code in sandboxes, and keep sessions", async () => {
    expect(await inHost("sluice", "run", "-e", "print(6 * 7)")).toBe("42");
    expect(await inHost("sluice", "run", "--session", "mine", "-e", "x = 41")).toBe("");
    expect(await inHost("sluice", "run", "--session", "mine", "-e", "print(x + 1)")).toBe("42");
    expect(await docker("logs", `${unique}-gate`)).not.toContain("refused:");
  });

  it("should give the engine's socket to the gate alone, and no rights to anybody", async () => {
    const [host, gate] = JSON.parse(await docker("inspect", `${unique}-host`, `${unique}-gate`));
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
    expect(await ask("POST", `/containers/${unique}-gate/exec`, { Cmd: ["id"] })).toMatch(/^403 /);
    expect(await ask("GET", "/containers/json?all=1")).toMatch(/^403 /);
    expect(await docker("logs", `${unique}-gate`)).toContain("refused: POST /containers/create");
  });

  it("should see and touch no container but those of sandboxes", async () => {
    for (const [method, path] of [
      ["GET", `/containers/${unique}-gate/json`],
      ["DELETE", `/containers/${unique}-gate?force=1`],
      ["POST", `/containers/${unique}-gate/attach?stream=1&stdin=1`],
    ] as const) {
      expect(await ask(method, path)).toMatch(/^403 .*is no sandbox/);
    }
    expect(await docker("inspect", "--format", "{{.State.Running}}", `${unique}-gate`)).toBe("true");
  });

  it("should drain and end with 0 when it is stopped, and leave no sandbox", async () => {
    await docker("stop", "--time", "60", `${unique}-host`);
    expect(await docker("inspect", "--format", "{{.State.ExitCode}}", `${unique}-host`)).toBe("0");
    const owner = JSON.stringify(await docker("ps", "--all", "--format", '{{.Label "sluicebox.pid"}}'));
    expect(owner).not.toMatch(/(^"|\\n)1(\\n|"$)/);
  });
});
