import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The one that bin/setup.sh builds, else one that is installed. */
export const natsServer: string | undefined = [
  process.env["SLUICE_NATS_SERVER"] ?? "",
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluicebox-tools", "nats-server"),
  "/usr/sbin/nats-server",
  "/usr/bin/nats-server",
].find((path) => path !== "" && existsSync(path));

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A nats-server of a test's own, with JetStream in a folder of its own. It can be killed and started again. */
export class TestNats {
  readonly port: number;
  readonly folder: string;
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, more: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#arguments = ["-js", "-a", "127.0.0.1", "-p", String(port), "-sd", folder, ...more];
  }

  /** `owned`: stopped, with its folder removed, when the test ends. */
  static async start(more: readonly string[] = [], { owned = true, port = 0 } = {}): Promise<TestNats> {
    const server = new TestNats(port || (await freePort()), mkdtempSync(join(tmpdir(), "sluice-nats-")), more);
    if (owned) onTestFinished(() => server.remove());
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const child = spawn(natsServer ?? "nats-server", this.#arguments, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`nats-server ended with ${code}: ${said.slice(-500)}`)));
      child.stderr.on("data", (piece: Buffer) => {
        said = (said + piece.toString()).slice(-10_000);
        if (said.includes("Server is ready")) resolve();
      });
    });
  }

  /** As if its machine lost power. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
