import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { ClusterHost, OpenOptions, RunEvent } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";

export interface ClusterConfig {
  readonly capacity?: number;
  readonly name?: string;
  /** Hosts that may execute a run of the flow. */
  readonly attempts?: number;
  readonly replicas?: number;
  readonly silence?: string;
  /** Answers of the model, each delta after so long. */
  readonly script?: readonly unknown[];
  readonly delay?: string;
  /** Answers that are used up begin anew. */
  readonly repeat?: boolean;
  readonly budgets?: unknown;
}

export const words = "Word after word after word, for a good while. ".repeat(20);

export function clusterConfig(urls: string | readonly string[], config: ClusterConfig = {}) {
  const {
    capacity = 4,
    name = "here",
    attempts,
    replicas = 1,
    silence = "3s",
    script = [words],
    delay = "20ms",
    repeat = false,
    budgets = {},
  } = config;
  return {
    version: 1,
    budgets,
    plugins: {
      store: { use: "store-nats", with: { servers: [urls].flat(), replicas, silence } },
      queue: { use: "queue-nats", with: { store: "store", capacity, name } },
      words: { use: "llm-scripted", with: { script, delay, repeat } },
    },
    flows:
      attempts === undefined ? { chat: "words" } : { once: "words", chat: { flow: "words", retry: "safe", attempts } },
  };
}

/** A folder of its own for a host. */
export function home(): { SLUICE_HOME: string } {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { SLUICE_HOME: folder };
}

/** A host that serves, in this process. */
export async function clusterHost(url: string | readonly string[], config: ClusterConfig = {}): Promise<Host> {
  const host = await createHost({ config: clusterConfig(url, config), transports: true, env: home() });
  onTestFinished(() => host.close({ drain: 0 }));
  return host;
}

export interface HostProcess {
  readonly child: ChildProcess;
  readonly host: string;
  /** Opens runs there. */
  open(options: OpenOptions, count?: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * The same in a process of its own, which can be killed. `within`: a command that runs it, such as `ip netns exec`. `minutes`: its clock is off by that.
 */
export async function hostProcess(config: unknown, within: readonly string[] = [], minutes = 0): Promise<HostProcess> {
  const fixture = new URL("host-process.fixture.ts", import.meta.url).pathname;
  const [command = "", ...rest] = [...within, process.execPath, fixture, JSON.stringify(config), String(minutes)];
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...home() } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value as string);
  const { ready } = await next();
  return {
    child,
    host: ready,
    async open(options, count = 1) {
      child.stdin.write(`${JSON.stringify({ open: options, count })}\n`);
      return (await next()).runs;
    },
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.write("{}\n");
      await ended;
    },
  };
}

/** Milliseconds that a wait may take: less than a test, so that the wait says what it waited for. */
const patience = 200_000;

/** Rejects with what was waited for, where that does not come in time. */
async function inTime<T>(waiting: Promise<T>, waitedFor: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`after ${patience / 1000} s: ${waitedFor()}`)), patience);
  try {
    return await Promise.race([waiting, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Every event of a run; a gap fails. */
export function whole(host: Host, run: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  const read = async () => {
    for await (const page of host.journal.follow(run)) {
      if (page.kind === "gap") throw new Error(`gap ${page.from}-${page.to}`);
      for (const { event } of page.entries) events.push(event);
    }
    return events;
  };
  return inTime(read(), () => `run ${run} has no end; its ${events.length} events end with ${events.at(-1)?.type}`);
}

export const seqs = (events: readonly RunEvent[]) => events.map(({ seq }) => seq);
export const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** Resolves when it holds. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const late = new AbortController();
  const look = async () => {
    while (!(await holds()) && !late.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    await inTime(look(), () => `this does not hold: ${holds}`);
  } finally {
    late.abort();
  }
}

/** Resolves when a host sees so many. */
export async function untilSeen(host: Host, count: number): Promise<readonly ClusterHost[]> {
  await eventually(() => (host.cluster?.hosts.length ?? 0) >= count);
  return host.cluster?.hosts ?? [];
}

/** Resolves when the run has come on so far. */
export const reached = (host: Host, run: string, after: number) =>
  eventually(async () => ((await host.runs.list({ run }))[0]?.lastSeq ?? 0) > after);
