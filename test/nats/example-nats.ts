import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, TestNats } from "./nats-server.ts";

export const passwords = { alpha: "for-alpha", beta: "for-beta" };
const serverPassword = "for-servers";
const config = new URL("../../bin/deploy/cluster/nats.conf", import.meta.url).pathname;

type Certified = "nats" | "alpha" | "beta";

/** An authority of its own, and a certificate of each: all are this machine, and what `hosts` names. */
function certify(folder: string, names: readonly Certified[], hosts: readonly string[] = []): void {
  const at = (name: string) => join(folder, name);
  const openssl = (...given: readonly string[]) => execFileSync("openssl", given, { stdio: "pipe" });
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...made, "-keyout", at("ca.key"), "-out", at("ca.crt"), "-days", "2", "-subj", "/CN=ca");
  const places = ["DNS:localhost", "IP:127.0.0.1", ...hosts.map((host) => `DNS:${host}`)];
  writeFileSync(at("names"), `subjectAltName=${places.join(",")}\n`);
  for (const name of names) {
    const [key, request, cert] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.crt`)];
    openssl("req", ...made, "-keyout", key, "-out", request, "-subj", `/CN=${name}`);
    const by = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-days", "2", "-extfile", at("names")];
    openssl("x509", "-req", "-in", request, ...by, "-out", cert);
  }
}

/** The same in folders as containers are given them: whoever runs there may read them. */
export function certifyFor(folder: string, names: readonly Certified[], hosts: readonly string[]): void {
  mkdirSync(folder);
  certify(folder, names, hosts);
  for (const name of names) {
    mkdirSync(join(folder, name));
    const files = { "ca.crt": "ca.crt", "tls.crt": `${name}.crt`, "tls.key": `${name}.key` };
    for (const [to, from] of Object.entries(files)) {
      copyFileSync(join(folder, from), join(folder, name, to));
      chmodSync(join(folder, name, to), 0o644);
    }
  }
}

/** Three servers with the `nats.conf` of the example: accounts, TLS on both sides, a user for each host. */
export class ExampleNats {
  readonly folder: string;
  readonly routes: readonly string[];
  servers: readonly TestNats[] = [];

  private constructor(folder: string, routes: readonly string[]) {
    this.folder = folder;
    this.routes = routes;
  }

  static async start(): Promise<ExampleNats> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-rights-"));
    certify(folder, ["nats", "alpha", "beta"]);
    const ports = [await freePort(), await freePort(), await freePort()];
    const example = new ExampleNats(
      folder,
      ports.map((port) => `nats://server:${serverPassword}@127.0.0.1:${port}`),
    );
    const [NATS_ROUTE_1, NATS_ROUTE_2, NATS_ROUTE_3] = example.routes;
    const env = {
      ...{ NATS_ROUTE_1, NATS_ROUTE_2, NATS_ROUTE_3, NATS_SERVER_PASSWORD: serverPassword },
      ...{ NATS_TLS_CERT: join(folder, "nats.crt"), NATS_TLS_KEY: join(folder, "nats.key") },
      ...{ NATS_TLS_CA: join(folder, "ca.crt") },
      ...{ SLUICE_ALPHA_PASSWORD: passwords.alpha, SLUICE_BETA_PASSWORD: passwords.beta },
    };
    example.servers = await Promise.all(
      ports.map((port, index) =>
        TestNats.start(["-c", config], {
          owned: false,
          env: { ...env, NATS_NAME: `nats-${index + 1}`, NATS_CLUSTER: `127.0.0.1:${port}` },
        }),
      ),
    );
    return example;
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url.replace("nats:", "tls:"));
  }

  /** As a profile has them. */
  tlsOf(user: Certified): { ca: string; cert: string; key: string } {
    const [ca, cert, key] = ["ca.crt", `${user}.crt`, `${user}.key`].map((name) => join(this.folder, name));
    return { ca, cert, key } as { ca: string; cert: string; key: string };
  }

  /** As a client of NATS has them. */
  filesOf(user: Certified): { caFile: string; certFile: string; keyFile: string } {
    const { ca, cert, key } = this.tlsOf(user);
    return { caFile: ca, certFile: cert, keyFile: key };
  }

  /** A server of a host's own, with all that the host has, that wants to be one of the cluster. */
  async rogue(user: keyof typeof passwords): Promise<{ said(): string }> {
    const { ca, cert, key } = this.tlsOf(user);
    const routes = this.routes.map((route) => route.replace(/\/\/.*@/, `//${user}:${passwords[user]}@`));
    const file = join(this.folder, "rogue.conf");
    writeFileSync(
      file,
      `cluster {
        name: sluice, listen: "127.0.0.1:${await freePort()}", routes: ${JSON.stringify(routes)}
        tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}" }
      }`,
    );
    const server = await TestNats.start(["-c", file, "-n", "rogue"]);
    return { said: () => server.said };
  }

  async remove(): Promise<void> {
    for (const server of this.servers) await server.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
