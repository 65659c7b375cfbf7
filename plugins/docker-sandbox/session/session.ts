import { Observable, type Subscriber } from "rxjs";
import {
  type ExecEvent,
  type ExecuteOptions,
  type FileInfo,
  type SandboxFile,
  type SandboxLimits,
  type SandboxSession,
  type SandboxStats,
  type SessionSpec,
  SluiceError,
} from "../../../core/contract/index.ts";
import { startTimer, type Timer } from "../../../core/kit/index.ts";
import { type DockerSandboxConfig, workspaceSize } from "../config.ts";
import type { SandboxContainer } from "../container/container.ts";
import { Execution } from "./execution.ts";
import { WorkspaceFiles } from "./files.ts";
import { statsOf } from "./stats.ts";

/** Milliseconds that the supervisor counts to at most; 0 is no limit there too. */
const longestLimit = 2 ** 31 - 1;

/** One container's life with its user. Executions are serial; the container dies with the session. */
export class DockerSession implements SandboxSession {
  readonly id: string;
  readonly takesEnv = true;
  readonly limits: SandboxLimits;
  readonly closed: Promise<void>;
  readonly stats$: Observable<SandboxStats>;
  readonly #container: SandboxContainer;
  readonly #config: DockerSandboxConfig;
  readonly #spec: SessionSpec;
  readonly #files: WorkspaceFiles;
  readonly #onClose: (gone: Promise<void>) => void;
  #queue: Promise<void> = Promise.resolve();
  #current: Execution | undefined;
  #idle: Timer | undefined;
  #disposed = false;

  constructor(
    container: SandboxContainer,
    config: DockerSandboxConfig,
    spec: SessionSpec,
    onClose: (gone: Promise<void>) => void,
  ) {
    this.#container = container;
    this.#config = config;
    this.#spec = spec;
    this.#onClose = onClose;
    this.#files = new WorkspaceFiles(container.channel, workspaceSize(config));
    this.id = container.id.slice(0, 12);
    const { NanoCpus, Memory, PidsLimit, Runtime } = container.create.HostConfig;
    const network = networkOf(config);
    const { timeout } = config;
    this.limits = { cpus: NanoCpus / 1e9, memory: Memory, pids: PidsLimit, network, runtime: Runtime, timeout };
    this.closed = container.channel.closed.then(() => this.#close());
    this.stats$ = statsOf(container.channel);
    this.#rest();
  }

  execute(code: string, options: ExecuteOptions): Observable<ExecEvent> {
    return new Observable((subscriber) => {
      let execution: Execution | undefined;
      let left = false;
      const stop = () => execution?.stop();
      options.signal?.addEventListener("abort", stop);
      const turn = this.#queue.then(async () => {
        if (left) return;
        if (this.#disposed || this.#container.channel.isClosed) {
          subscriber.error(new SluiceError("SLUICE_SANDBOX_CLOSED", "the sandbox session is closed"));
          return;
        }
        const release = this.#container.hold();
        execution = this.#begin(code, options, subscriber);
        if (options.signal?.aborted) execution.stop();
        await execution.done;
        release();
        this.#current = undefined;
        this.#rest();
      });
      this.#queue = turn;
      return () => {
        left = true;
        options.signal?.removeEventListener("abort", stop);
        stop();
      };
    });
  }

  async interrupt(): Promise<boolean> {
    this.#current?.interrupt();
    return this.#current !== undefined;
  }

  async input(text: string | null): Promise<void> {
    this.#current?.input(text);
  }

  put(files: readonly SandboxFile[], signal?: AbortSignal): Promise<void> {
    return this.#held(() => this.#files.put(files, signal));
  }

  get(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#held(() => this.#files.get(path, signal));
  }

  list(signal?: AbortSignal): Promise<readonly FileInfo[]> {
    return this.#held(() => this.#files.list(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  async #held<T>(work: () => Promise<T>): Promise<T> {
    const release = this.#container.hold();
    try {
      return await work();
    } finally {
      release();
    }
  }

  #begin(code: string, options: ExecuteOptions, subscriber: Subscriber<ExecEvent>): Execution {
    this.#idle?.stop();
    const execution = new Execution(
      this.#container.channel,
      {
        code: code.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"),
        options,
        program: this.#spec.mode === "fresh" && options.cell !== true,
        timeout: Math.min(Math.ceil(options.timeout ?? this.#config.timeout), longestLimit),
        output: this.#config.output,
        container: this.id,
      },
      subscriber,
    );
    this.#current = execution;
    execution.begin();
    return execution;
  }

  #close(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#idle?.stop();
    this.#onClose(this.#container.dispose());
  }

  #rest(): void {
    const { idle } = this.#config;
    if (idle === 0 || this.#disposed) return;
    this.#idle?.stop();
    this.#idle = startTimer(() => this.#close(), idle);
    this.#idle.unref();
  }
}

function networkOf({ network }: DockerSandboxConfig): string {
  return typeof network === "string" ? network : `allow: ${network.allow.join(", ") || "nothing"}`;
}
