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

/** Milliseconds until a server has to be ready. */
const patience = 120_000;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server takes one that is free. */
const anyPort = -1;

export interface TestNatsOptions {
  /** Stopped, with its folder removed, when the test ends. */
  readonly owned?: boolean;
  readonly port?: number;
  readonly address?: string;
  /** A command that runs it, such as `ip netns exec`. */
  readonly within?: readonly string[];
  /** Beside those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A nats-server of a test's own, with JetStream in a folder of its own. It can be killed and started again. */
export class TestNats {
  /** Chosen by the server when it starts first: tests beside this one have others. */
  port: number;
  readonly folder: string;
  readonly #command: readonly string[];
  readonly #address: string;
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  /** The end of what it told. */
  said = "";

  private constructor(
    more: readonly string[],
    { port, address, within, env }: Required<Omit<TestNatsOptions, "owned">>,
  ) {
    this.port = port;
    this.#env = { ...process.env, ...env };
    this.folder = mkdtempSync(join(tmpdir(), "sluice-nats-"));
    this.#address = address;
    this.#command = [...within, natsServer ?? "nats-server", "-js", "-a", address, "-sd", this.folder, ...more];
  }

  static async start(more: readonly string[] = [], options: TestNatsOptions = {}): Promise<TestNats> {
    const { owned = true, port = anyPort, address = "127.0.0.1", within = [], env = {} } = options;
    const server = new TestNats(more, { port, address, within, env });
    if (owned) onTestFinished(() => server.remove());
    await server.start();
    return server;
  }

  /** Servers that are one cluster, each with its own folder. */
  static async cluster(count: number): Promise<readonly TestNats[]> {
    const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
    return TestNats.joined(ports.map((port) => ({ route: `nats://127.0.0.1:${port}` })));
  }

  /** The same, where each has its place. */
  static joined(places: readonly (TestNatsOptions & { route: string })[]): Promise<readonly TestNats[]> {
    const routes = places.map(({ route }) => route).join(",");
    return Promise.all(
      places.map(({ route, ...options }, index) => {
        const own = ["--no_advertise", "-n", `n${index}`, "--cluster", route];
        return TestNats.start([...own, "--cluster_name", "c", "--routes", routes], options);
      }),
    );
  }

  get url(): string {
    return `nats://${this.#address}:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const [command = "", ...rest] = this.#command;
    const child = spawn(command, [...rest, "-p", String(this.port)], {
      stdio: ["ignore", "ignore", "pipe"],
      env: this.#env,
    });
    this.#process = child;
    this.said = "";
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`nats-server is not ready after ${patience} ms: ${this.said.slice(-500)}`));
      setTimeout(late, patience).unref();
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`nats-server ended with ${code}: ${this.said.slice(-500)}`)));
      child.stderr.on("data", (piece: Buffer) => {
        this.said = (this.said + piece.toString()).slice(-10_000);
        if (this.said.includes("Server is ready")) resolve();
      });
    });
    const [, chosen] = /client connections on \S+:(\d+)/.exec(this.said) ?? [];
    if (this.port === anyPort) this.port = Number(chosen);
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
