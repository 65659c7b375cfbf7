import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";

export const root = resolve(import.meta.dirname, "../..");
const execute = promisify(execFile);
const room = { maxBuffer: 16 << 20 };

/** Where `bin/setup.sh` puts compose; else the machine has its own. */
const tools = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluicebox-tools/docker");
export const composeEnv: NodeJS.ProcessEnv = { ...process.env, ...(existsSync(tools) ? { DOCKER_CONFIG: tools } : {}) };
export const hasCompose = spawnSync("docker", ["compose", "version"], { env: composeEnv }).status === 0;

/** Images and a project of docker compose of a test's own; several may be up on one machine. */
export class Deployment {
  /** What the files take; a test adds to it. */
  readonly env: NodeJS.ProcessEnv;
  readonly name: string;
  readonly #folder: string;
  readonly #images: string[] = [];

  /** `folder`: where the compose file is. */
  constructor(name: string, folder: string) {
    this.name = `${name}-${process.pid}`;
    this.#folder = folder;
    this.env = { ...composeEnv };
  }

  async docker(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await execute("docker", args, { env: this.env, ...room });
    return `${stdout}${stderr}`.trim();
  }

  /** As people type it beside the file, but for its name. */
  async compose(...args: readonly string[]): Promise<string> {
    const given = ["compose", "--project-name", this.name, "--progress", "quiet", ...args];
    const { stdout } = await execute("docker", given, { env: this.env, cwd: this.#folder, ...room });
    return stdout.trim();
  }

  /** The name that compose gives a service's container. */
  container(service: string): string {
    return `${this.name}-${service}-1`;
  }

  /** An image that is the engine's base with one program of this machine: no registry is asked. */
  async imageWith(program: string, more = ""): Promise<string> {
    const image = `${this.name}-${basename(program)}:test`;
    const folder = mkdtempSync(join(tmpdir(), "sluice-base-"));
    copyFileSync(program, join(folder, "program"));
    const place = `/usr/local/bin/${basename(program)}`;
    // A layer of its own below all others: whoever removes an image takes no layer from a build under way.
    const own = `LABEL sluicebox.test=${this.name}`;
    writeFileSync(join(folder, "Dockerfile"), `FROM debian:trixie-slim\n${own}\nCOPY program ${place}\n${more}`);
    await this.docker("build", "--quiet", "--tag", image, folder);
    rmSync(folder, { recursive: true });
    this.#images.push(image);
    return image;
  }

  /** The image of the host, by `bin/deploy/image`, on a base with the Node of this process. */
  async hostImage(): Promise<string> {
    const base = await this.imageWith(process.execPath);
    const image = `${this.name}:test`;
    await execute(join(root, "bin/deploy/image"), [image, base], room);
    this.#images.unshift(image);
    return image;
  }

  /** What is left of it on the machine: containers, volumes and networks. */
  async left(): Promise<string> {
    const own = `label=com.docker.compose.project=${this.name}`;
    const all = [
      await this.docker("ps", "--all", "--quiet", "--filter", own),
      await this.docker("volume", "ls", "--quiet", "--filter", own),
      await this.docker("network", "ls", "--quiet", "--filter", own),
    ];
    return all.join("");
  }

  async remove(): Promise<void> {
    await this.compose("down", "--volumes", "--timeout", "10").catch(() => undefined);
    await this.docker("rmi", ...this.#images).catch(() => undefined);
  }
}
