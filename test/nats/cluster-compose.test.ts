import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Deployment, hasCompose, root } from "../docker/image-kit.ts";
import { freePort } from "../e2e/drain-kit.ts";
import { certifyFor, passwords } from "./example-nats.ts";
import { natsServer } from "./nats-server.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-cluster-"));
const deployment = new Deployment("sluice-cluster", folder);
const { env } = deployment;
const at = (host: string, ...args: readonly string[]) => deployment.compose("exec", "-T", host, "sluice", ...args);
const said = "I am one of many hosts.";

/** The runs that a host lists, newest first. */
async function runsAt(host: string): Promise<readonly { readonly run: string; readonly status: string }[]> {
  return (await at(host, "runs", "--json")).split("\n").map((line) => JSON.parse(line));
}

describe.skipIf(!hasCompose || natsServer === undefined)("compose.yaml of a cluster, by docker compose", () => {
  beforeAll(async () => {
    cpSync(join(root, "bin/deploy/cluster"), folder, { recursive: true });
    certifyFor(join(folder, "tls"), ["nats", "alpha", "beta"], ["nats-1", "nats-2", "nats-3"]);
    const [host, nats] = [
      deployment.hostImage(),
      deployment.imageWith(natsServer ?? "", 'ENTRYPOINT ["nats-server"]\n'),
    ];
    Object.assign(env, { SLUICE_IMAGE: await host, NATS_IMAGE: await nats });
    Object.assign(env, { SLUICE_ALPHA_PASSWORD: passwords.alpha, SLUICE_BETA_PASSWORD: passwords.beta });
    env["NATS_SERVER_PASSWORD"] = "for-servers";
    env["SLUICE_ALPHA_PORT"] = String(await freePort());
    env["SLUICE_BETA_PORT"] = String(await freePort());
    await deployment.compose("up", "--detach", "--wait", "--wait-timeout", "240");
  });

  afterAll(async () => {
    await deployment.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("should serve at two hosts that know each other, on this machine alone", async () => {
    for (const name of ["SLUICE_ALPHA_PORT", "SLUICE_BETA_PORT"]) {
      expect((await fetch(`http://127.0.0.1:${env[name]}/healthz`)).status).toBe(200);
    }
    expect(await at("alpha", "hosts")).toMatch(/alpha.*beta|beta.*alpha/s);
  });

  it("should execute what is given at each host, and list it at both", async () => {
    const asked = ["alpha", "beta"].map((host) => at(host, "ask", "Who are you?"));
    expect(await Promise.all(asked)).toEqual([said, said]);
    const [runs = [], others] = await Promise.all([runsAt("alpha"), runsAt("beta")]);
    expect(runs.map(({ status }) => status)).toEqual(["ok", "ok"]);
    expect(others).toEqual(runs);
  });

  it("should go on at one host when the other is stopped, and end that with 0", async () => {
    await deployment.compose("stop", "--timeout", "60", "alpha");
    expect(await deployment.docker("inspect", "--format", "{{.State.ExitCode}}", deployment.container("alpha"))).toBe(
      "0",
    );
    expect(await at("beta", "ask", "Still there?")).toBe(said);
    expect(await runsAt("beta")).toHaveLength(3);
  });

  it("should go on with two servers when one is killed", async () => {
    await deployment.compose("kill", "nats-1");
    expect(await at("beta", "ask", "And now?")).toBe(said);
    // The others may have to choose a leader first.
    const newest = () =>
      runsAt("beta").then(
        ([run]) => run?.status,
        () => undefined,
      );
    await expect.poll(newest).toBe("ok");
    expect(await runsAt("beta")).toHaveLength(4);
  });

  it("should leave nothing when it is taken down", async () => {
    await deployment.compose("down", "--volumes", "--timeout", "60");
    expect(await deployment.left()).toBe("");
  });
});
