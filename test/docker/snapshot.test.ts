import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { BASE_IMAGE } from "../../plugins/docker-sandbox/image-build/recipe.ts";

const execute = promisify(execFile);
/** An archive of one package, signed by a key of its own in January 2020, for a week. */
const archive = path.join(import.meta.dirname, "../fixtures/snapshot");
const script = path.join(import.meta.dirname, "../../plugins/docker-sandbox/image/snapshot.sh");
const moment = "20200102T000000Z";

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server?.listening) await once(server, "close");
});

/** Where a mirror is, for containers in this machine's own network; `change` is what it does to a file. */
async function mirror(change: (file: string, content: Buffer) => Buffer | undefined): Promise<string> {
  server = createServer((request, response) => {
    const file = path.normalize(decodeURIComponent(request.url ?? ""));
    try {
      const content = change(file, readFileSync(path.join(archive, file)));
      if (content === undefined) throw new Error("left out");
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  // The bridge of an engine does not always tell its address.
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the script says in a container of the base image that trusts this key alone, and how it ends. */
async function build(from: string, first = "", more = ""): Promise<{ readonly code: number; readonly said: string }> {
  const copies = "for n in gpg pgp; do cat /given/archive.gpg >/usr/share/keyrings/debian-archive-keyring.$n; done";
  const shell = `${first || copies} && sh /snapshot.sh ${moment} ${from}${more}`;
  const volumes = ["--volume", `${script}:/snapshot.sh:ro`, "--volume", `${archive}:/given:ro`];
  const command = ["run", "--rm", "--network", "host", ...volumes, BASE_IMAGE, "sh", "-c", shell];
  return execute("docker", command, { encoding: "utf8" }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error) => ({ code: error.code, said: error.stdout + error.stderr }),
  );
}

const whole = (_file: string, content: Buffer) => content;

describe("packages of one moment", () => {
  it("should be taken from a mirror of snapshots, although their signature is past its time", async () => {
    const install = " && apt-get update && apt-get install -y of-a-moment && cat /usr/share/of-a-moment/version";
    const { code, said } = await build(await mirror(whole), "", install);
    expect(said).toContain("of-a-moment (1.0)");
    expect(said).toMatch(/^1\.0$/m);
    expect(code).toBe(0);
    expect(said).not.toMatch(/deb\.debian\.org|^W: /m);
  });

  it.each<[string, (file: string, content: Buffer) => Buffer | undefined]>([
    ["a release that was changed", (file, content) => (file.endsWith("InRelease") ? changed(content) : content)],
    ["a list of packages that was changed", (file, content) => (/Packages/.test(file) ? changed(content) : content)],
    ["a release without a signature", (file, content) => (file.endsWith("InRelease") ? undefined : content)],
    ["a suite that is not there", (file, content) => (file.includes("security") ? undefined : content)],
  ])("should not be taken from %s", async (_what, change) => {
    const { code, said } = await build(await mirror(change));
    expect(said).toMatch(/^E: /m);
    expect(code).not.toBe(0);
  });

  it("should not be taken where somebody else has signed", async () => {
    const { code, said } = await build(await mirror(whole), "true");
    expect(said).toMatch(/not signed|NO_PUBKEY|Missing key|OpenPGP signature verification failed/i);
    expect(code).not.toBe(0);
  });

  it("should be refused for images of other systems", async () => {
    const { code, said } = await build("http://127.0.0.1:1", "echo 'ID=alpine PRETTY_NAME=Alpine' >/etc/os-release");
    expect(said).toContain("build.snapshot is for images of Debian, and this one is Alpine");
    expect(code).toBe(1);
  });
});

/** One letter of it is another. */
function changed(content: Buffer): Buffer {
  return Buffer.from(
    content.toString("latin1").replace("Nobody", "Nobodx").replace("Of a test", "Of a tesx"),
    "latin1",
  );
}
