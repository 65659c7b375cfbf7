import { randomUUID } from "node:crypto";
import { type Observable, Subject } from "rxjs";
import type { EventData, ExecEvent, ExecuteOptions, SandboxSession } from "../../core/contract/index.ts";
import type { DockerSandboxConfig } from "../../plugins/docker-sandbox/config.ts";
import { DockerSandbox, type DockerSandboxOptions } from "../../plugins/docker-sandbox/sandbox.ts";

const MIB = 1024 * 1024;

/** The defaults of `plugin.json`, as the plugin receives them. */
export const defaults: DockerSandboxConfig = {
  image: "sandbox-image",
  packages: [],
  build: { caCertificates: "none", base: "debian:trixie-slim", mirror: "http://snapshot.debian.org" },
  cpus: 2,
  memory: 1024 * MIB,
  pids: 100,
  timeout: 30_000,
  network: "none",
  pool: 0,
  preload: ["IPython", "numpy", "pandas", "matplotlib.pyplot"],
  runtime: "runc",
  users: "40000-41999",
  binds: [],
  env: {},
  output: 64 * MIB,
  idle: 3_600_000,
  channel: "stdio",
  docker: { host: "" },
};

const silent = { level: "info", trace() {}, debug() {}, info() {}, warn() {}, error() {} } as const;

export interface Kit extends AsyncDisposable {
  readonly sandbox: DockerSandbox;
  readonly statuses: readonly { container: string; status: string }[];
  /** Targets that the sandbox refused to reach. */
  readonly refused: readonly string[];
  open(mode?: "fresh" | "cell"): Promise<SandboxSession>;
}

/** The sandbox itself, started, without a host around it. */
export async function startSandbox(
  config: Partial<DockerSandboxConfig> = {},
  serving = true,
  owner = ownOwner(),
  more: Partial<DockerSandboxOptions> = {},
): Promise<Kit> {
  const statuses: { container: string; status: string }[] = [];
  const refused: string[] = [];
  const sandbox = new DockerSandbox({
    id: "box",
    config: { ...defaults, ...config },
    owner,
    mode: { serving, terminal: true },
    log: silent,
    reporter: {
      metric() {},
      connection() {},
      audit: (action, { target = "" } = {}) => void (action === "network-refused" && refused.push(target)),
      sandbox: (container, status) => void statuses.push({ container, status }),
    },
    ...more,
  });
  await sandbox.start(new AbortController().signal);
  return {
    sandbox,
    statuses,
    refused,
    open: (mode = "cell") =>
      sandbox.open({ session: `test-${randomUUID().slice(0, 8)}`, mode }, new AbortController().signal),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** This process: as the core names it. */
export function ownOwner(): { host: string; pid: number; started: string } {
  return { host: `test-${process.pid}`, pid: process.pid, started: startedOf(process.pid) };
}

function startedOf(pid: number): string {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}/${ticks}`;
}

export interface Ran {
  readonly events: readonly ExecEvent[];
  readonly stdout: string;
  readonly stderr: string;
  readonly results: readonly EventData["exec-result"][];
  readonly files: readonly string[];
  readonly end: EventData["exec-end"];
}

export interface RunOptions extends Partial<ExecuteOptions> {
  readonly onEvent?: (event: ExecEvent) => void;
}

/** Runs to the end and gathers; rejects when there was not exactly one `exec-end`, at the end. */
export function run(session: SandboxSession, code: string, options: RunOptions = {}): Promise<Ran> {
  const { onEvent, ...rest } = options;
  return gather(session.execute(code, { language: "python", ...rest }), onEvent);
}

function gather(events$: Observable<ExecEvent>, onEvent?: (event: ExecEvent) => void): Promise<Ran> {
  const events: ExecEvent[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  events$.subscribe({
    next: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    error: reject,
    complete: () => {
      const ends = events.filter((event) => event.type === "exec-end");
      const [last] = events.slice(-1);
      if (ends.length !== 1 || last?.type !== "exec-end") reject(new Error(`${ends.length} ends`));
      else {
        resolve({
          events,
          stdout: textOf(events, "exec-stdout"),
          stderr: textOf(events, "exec-stderr"),
          results: events.flatMap((event) => (event.type === "exec-result" ? [event.data] : [])),
          files: events.flatMap((event) => (event.type === "exec-file" ? [event.data.path] : [])),
          end: last.data,
        });
      }
    },
  });
  return promise;
}

/** What is read of `swap/passwd` while a program puts a link to /etc in the place of its folder, again and again. */
export async function getWhileSwapped(session: SandboxSession): Promise<readonly string[]> {
  const swapping = run(
    session,
    "import os, time\nuntil = time.time() + 1.5\nwhile time.time() < until:\n    os.rename('swap', 'aside'); os.symlink('/etc', 'swap'); os.unlink('swap'); os.rename('aside', 'swap')",
  );
  const texts: string[] = [];
  for (let round = 0; round < 200; round += 1) {
    const got = session.get("swap/passwd");
    texts.push(
      await got.then(
        (bytes) => Buffer.from(bytes).toString(),
        () => "refused",
      ),
    );
  }
  await swapping;
  return texts;
}

export function bytesOf(events: readonly ExecEvent[], type: "exec-stdout" | "exec-stderr"): Buffer {
  return Buffer.concat(
    events.flatMap((event) => {
      if (event.type !== type) return [];
      return [
        event.data.base64 === undefined ? Buffer.from(event.data.text ?? "") : Buffer.from(event.data.base64, "base64"),
      ];
    }),
  );
}

function textOf(events: readonly ExecEvent[], type: "exec-stdout" | "exec-stderr"): string {
  return bytesOf(events, type).toString("utf8");
}

/** Emits when an event satisfies the condition, and stays silent otherwise. */
export function signalWhen(condition: (event: ExecEvent) => boolean): {
  readonly onEvent: (event: ExecEvent) => void;
  readonly seen: Promise<void>;
} {
  const subject = new Subject<void>();
  const seen = new Promise<void>((resolve) => {
    subject.subscribe(() => resolve());
  });
  return {
    seen,
    onEvent: (event) => {
      if (condition(event)) subject.next();
    },
  };
}
