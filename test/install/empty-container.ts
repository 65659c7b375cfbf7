/**
 * The package in a container that has Debian and Node 24 and nothing else, no repository and no network: `npm run
 * test:empty-container`, after `bin/build`. It installs from a registry of its own, and reaches the engine of this machine
 * through a gate. It does what a newcomer does, and prints what the installation takes.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fillRegistry, pack } from "./packages.ts";

const root = resolve(import.meta.dirname, "../..");
const name = `sluice-empty-${process.pid}`;
/** What was measured on 2026-11-28, before the package bundled what it uses. */
const before = { tarball: 5_139_659, packages: 208, installed: 87_900_000 };
const began = performance.now();

function say(text: string): void {
  process.stdout.write(`[${((performance.now() - began) / 1000).toFixed(0).padStart(3)}s] ${text}\n`);
}

function docker(...args: readonly string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", maxBuffer: 64 << 20 }).trim();
}

/** What a command prints in the container. It fails where that is not what is expected. */
function inside(command: string, expected?: RegExp, folder = "/srv/project"): string {
  const printed = docker("exec", "--workdir", folder, name, "sh", "-c", command);
  say(`$ ${command}\n${printed.replace(/^/gm, "       ")}`);
  if (expected !== undefined && !expected.test(printed)) throw new Error(`${command}: this was to match ${expected}`);
  return printed;
}

/** Debian, Node, npm as Node brings it along, and the folder of the registry. */
function buildImage(work: string): number {
  const context = join(work, "context");
  mkdirSync(context);
  copyFileSync(process.execPath, join(context, "node"));
  copyFileSync(join(root, "test/fixtures/install/registry.mjs"), join(context, "registry.mjs"));
  const [npm] = pack(["npm@11"], context);
  const own = fillRegistry(root, work, join(context, "registry"));
  writeFileSync(
    join(context, "Dockerfile"),
    `FROM debian:trixie-slim
COPY node /usr/local/bin/node
ADD ${npm?.filename} /usr/local/lib/node_modules/
RUN cd /usr/local/lib/node_modules && mv package npm && chown -R 0:0 npm \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \\
 && install -d -m 777 /srv/project /srv/empty /srv/empty-too
COPY registry.mjs /srv/
COPY registry /srv/registry
ENV HOME=/tmp npm_config_registry=http://127.0.0.1:4873 npm_config_cache=/tmp/npm npm_config_update_notifier=false
ENV DOCKER_HOST=unix:///run/gate/docker.sock SLUICE_HOME=/tmp/sluice NO_COLOR=1
`,
  );
  docker("build", "--quiet", "--tag", name, context);
  return own.size;
}

/** The engine as the container sees it: a socket that lets sandboxes through and nothing else. */
async function startGate(folder: string): Promise<ChildProcess> {
  mkdirSync(folder);
  const args = ["bin/run.js", "sandbox", "gate", "--listen", join(folder, "docker.sock"), "--build"];
  const gate = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: gate.stderr })) {
    say(line);
    if (line.startsWith("gate: ")) return gate;
  }
  throw new Error("the gate did not start");
}

function tryOut(): { packages: number; installed: number } {
  inside("node --version; npm --version", /^v24\./);
  docker("exec", "--detach", name, "node", "/srv/registry.mjs");
  inside("until node -e \"fetch('http://127.0.0.1:4873/').catch(() => process.exit(1))\"; do sleep 0.2; done");
  inside("npm install sluicebox", /added \d+ packages/);
  const count = `node -p "Object.keys(require('./node_modules/.package-lock.json').packages).length"`;
  const packages = Number(inside(count));
  const installed = Number(inside("du --summarize --bytes --apparent-size node_modules | cut -f 1"));
  const yaml =
    "version: 1\\nplugins: { box: { use: docker-sandbox }, wire: { use: websocket } }\\nflows: { run: box }\\n";
  inside(`printf '${yaml}' >sluice.yaml; npx sluice check`, /ok, 2 instances/);
  inside(`npx sluice run -e "print(6 * 7)"`, /^42$/);
  inside("npx sluice up -d 2>&1", /127\.0\.0\.1:8000/);
  inside(`npx sluice run --session mine -e "x = 41" && npx sluice run --session mine -e "print(x + 1)"`, /^42$/);
  inside("npx sluice down 2>&1");
  inside(`npx --yes sluicebox run -e "print('Hello, World!')" 2>/dev/null; ls -A`, /^Hello, World!$/, "/srv/empty");
  const tarball = inside("ls /srv/registry/sluicebox-*.tgz");
  inside(`npx --yes --package ${tarball} sluicebox run -e "print(1)" 2>/dev/null; ls -A`, /^1$/, "/srv/empty-too");
  return { packages, installed };
}

const work = mkdtempSync(join(tmpdir(), "sluice-empty-"));
let gate: ChildProcess | undefined;
try {
  say("packing, and filling a registry");
  const tarball = buildImage(work);
  gate = await startGate(join(work, "gate"));
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const walls = [
    "--network",
    "none",
    "--cap-drop",
    "ALL",
    "--user",
    user,
    "--volume",
    `${join(work, "gate")}:/run/gate`,
  ];
  docker("run", "--detach", "--init", "--name", name, ...walls, name, "sleep", "infinity");
  const { packages, installed } = tryOut();
  const rows = [
    ["", "before", "now"],
    ["tarball, bytes", before.tarball, tarball],
    ["packages", before.packages, packages],
    ["installed, bytes", before.installed, installed],
  ].map((row) => row.map((cell) => cell.toLocaleString("en").padEnd(18)).join(""));
  process.stdout.write(`\n${rows.join("\n")}\n`);
} finally {
  gate?.kill();
  for (const args of [
    ["rm", "--force", name],
    ["rmi", name],
  ]) {
    try {
      docker(...args);
    } catch {
      // It was not made.
    }
  }
  rmSync(work, { recursive: true, force: true });
}
