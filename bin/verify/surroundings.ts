import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { availableParallelism, hostname, networkInterfaces, tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { SandboxSession } from "../../core/contract/index.ts";
import { assetRoot } from "../package-root.ts";

const namespaces = ["pid", "mnt", "net", "ipc", "uts", "cgroup"] as const;
/** A port that nobody listens at: an address that is reached refuses, one that is not reached is told otherwise. */
const discard = 9;

/** Things of this machine that code must not find while verify runs. */
export class Surroundings implements AsyncDisposable {
  readonly mark = `sluice-${randomBytes(6).toString("hex")}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-verify-"));
  readonly #title = process.title;
  readonly #abstract: Server = createServer().unref();

  async begin(): Promise<void> {
    // Whoever finds its place may see it: what hides it must be the sandbox.
    chmodSync(this.#folder, 0o755);
    writeFileSync(this.#file, this.mark);
    process.env["SLUICE_MARK"] = this.mark;
    process.title = this.mark;
    if (process.platform !== "linux") return;
    await new Promise<void>((resolve) => this.#abstract.on("error", () => resolve()).listen(`\0${this.mark}`, resolve));
  }

  /** Names that nothing else on this machine has. */
  get names(): readonly string[] {
    return [this.mark, basename(this.#folder)];
  }

  get #file(): string {
    return join(this.#folder, "here");
  }

  /** What probes are told, to look for it. */
  given(limits: SandboxSession["limits"], config: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const { allow = [] } = (typeof config["network"] === "object" ? config["network"] : {}) as { allow?: string[] };
    return {
      mark: this.mark,
      file: this.#file,
      abstract: this.mark,
      namespaces: ownNamespaces(),
      supervisor: supervisorHash(),
      hostname: hostname(),
      users: ownUsers(),
      addresses: [
        "127.0.0.1",
        ...addresses.filter((one) => one.family === "IPv4" && !one.internal).map((one) => one.address),
      ],
      port: discard,
      pids: limits.pids,
      processors: availableParallelism(),
      userns: hasUserNamespaces(),
      allowed: allow.find((entry) => /^[a-z0-9.-]*[a-z][a-z0-9.-]*(:\d+)?$/i.test(entry)) ?? "",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.title = this.#title;
    delete process.env["SLUICE_MARK"];
    rmSync(this.#folder, { recursive: true, force: true });
    await new Promise((resolve) => this.#abstract.close(resolve));
  }
}

/** Where this process is: none of it may be where code is. */
function ownNamespaces(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of namespaces) {
    try {
      found[name] = readlinkSync(`/proc/self/ns/${name}`);
    } catch {
      // Not Linux, or an old kernel: nothing can be shared by this name.
    }
  }
  return found;
}

function supervisorHash(): string {
  const folder = join(assetRoot, "plugins/docker-sandbox/image/opt/supervisor");
  const digest = createHash("sha256");
  const names = readdirSync(folder).filter((name) => name.endsWith(".py"));
  for (const name of names.sort()) digest.update(`${name}\0`).update(readFileSync(join(folder, name)));
  return digest.digest("hex");
}

/** Names of people, as far as this machine has such a file: those that no image has. */
function ownUsers(): readonly string[] {
  try {
    const lines = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"));
    return lines.flatMap(([name = "", , uid]) => (Number(uid) >= 1000 && Number(uid) < 60_000 ? [name] : []));
  } catch {
    return [];
  }
}

function hasUserNamespaces(): boolean {
  if (/\/run\/user\/\d+\//.test(process.env["DOCKER_HOST"] ?? "")) return true;
  try {
    return /"userns-remap"\s*:\s*"[^"]/.test(readFileSync("/etc/docker/daemon.json", "utf8"));
  } catch {
    return false;
  }
}
