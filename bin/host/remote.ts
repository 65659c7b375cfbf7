import { type ClientInput, type RunStream, SluiceClient } from "../../core/client/index.ts";
import {
  type ClusterOverview,
  type EventOf,
  type FileInfo,
  type FlowInfo,
  type HostChange,
  type HostEvent,
  type InstanceStatus,
  type OpenOptions,
  type ProfileCheck,
  type ProfileOutcome,
  type RunEvent,
  type RunHandle,
  type RunRecord,
  type SessionInfo,
  SluiceError,
} from "../../core/contract/index.ts";
import type { HostConnection } from "./connection.ts";
import { type HostFile, nameOf } from "./host-file.ts";
import { tellOfStore } from "./store-faults.ts";

/** A client of the host that is up. @throws SluiceError when it does not answer */
export async function openClient(up: HostFile): Promise<SluiceClient> {
  const { url, token } = up;
  if (url === null) {
    throw new SluiceError("SLUICE_HOST_UNAVAILABLE", `the host ${nameOf(up)} has no transport for this command`, {
      cure: "Add one to its profile, such as `wire: { use: websocket }`.",
    });
  }
  const client = new SluiceClient({ url, token, maxRetries: 3, retryDelay: 200 });
  try {
    await client.ready();
  } catch (error) {
    client.close();
    throw SluiceError.from(error);
  }
  return client;
}

/** The host that is up, over its WebSocket. @throws SluiceError when it does not answer */
export async function connectRemote(up: HostFile): Promise<HostConnection> {
  const client = await openClient(up);
  const opened: string[] = [];
  // A host that ends its watches goes on with its runs.
  client.watch({ filter: { types: ["log"], level: "warn" } }).subscribe({
    next: ({ entries }) => {
      for (const { event } of entries) tellOfStore(event as unknown as HostEvent);
    },
    error: () => undefined,
  });
  return {
    remote: true,
    open: async (options) => {
      const handle = await open(client, options);
      opened.push(handle.run);
      return handle;
    },
    unstored: () => unstored(client, opened),
    instances: () => instancesOf(client),
    runs: async (query) => (await client.call<{ runs: readonly RunRecord[] }>("runs.list", { ...query })).runs,
    follow: (run, after) => client.follow(run, after),
    putFiles: async (session, files) => {
      await client.call("files.put", { session, files });
    },
    file: (session, path) => client.file({ session }, path),
    files: async (session) => (await client.call<{ files: readonly FileInfo[] }>("files.list", { session })).files,
    closeSession: async (session) => (await client.call<{ closed: boolean }>("sessions.close", { session })).closed,
    settings: async (instance) =>
      (await client.call<{ settings: Record<string, unknown> }>("settings.get", { instance })).settings,
    changeSettings: async (instance, values) => {
      await client.call("settings.set", { instance, values });
    },
    hosts: async () => client.call<ClusterOverview & Record<string, unknown>>("hosts"),
    changeSettingsAt: async (hosts, instance, values) =>
      (await client.call<{ hosts: readonly HostChange[] }>("settings.set", { hosts, instance, values })).hosts,
    flows: async () => (await client.call<{ flows: readonly FlowInfo[] }>("flows")).flows,
    sessions: async () => (await client.call<{ sessions: readonly SessionInfo[] }>("sessions.list", {})).sessions,
    cancel: (run) => client.cancel(run),
    preview: () => client.call<ProfileCheck & Record<string, unknown>>("profile.preview"),
    reload: () => client.call<ProfileOutcome & Record<string, unknown>>("profile.reload"),
    restart: async (instance) => {
      await client.call("instances.restart", { instance });
    },
    [Symbol.asyncDispose]: async () => client.close(),
  };
}

async function instancesOf(client: SluiceClient): Promise<readonly InstanceStatus[]> {
  return (await client.call<{ instances: readonly InstanceStatus[] }>("status", {})).instances;
}

/** A host whose store is well has everything that a client has seen the end of. */
async function unstored(client: SluiceClient, opened: readonly string[]): Promise<SluiceError | undefined> {
  const ill = (await instancesOf(client)).find(({ kind, status }) => kind === "store" && status !== "ok");
  if (ill === undefined) return undefined;
  for (const run of opened) {
    const record = await client.call<{ run: RunRecord }>("runs.get", { run }).then(
      (answer) => answer.run,
      () => undefined,
    );
    if (record !== undefined && record.status !== "running") continue;
    return new SluiceError("SLUICE_RUN_NOT_STORED", `the run ${run} took place, and is not in the store of the host`, {
      cure: `${ill.id} is ${ill.status}: ${ill.reason ?? "it does not say why"}`,
    });
  }
  return undefined;
}

async function open(client: SluiceClient, options: OpenOptions): Promise<RunHandle> {
  const stream = client.run(options.flow, options.input as ClientInput, {
    session: options.session,
    continues: options.continues,
    timeout: options.timeout,
    interactive: options.interactive,
    onDisconnect: "cancel",
    keep: true,
  });
  return new RemoteRun(client, await stream.opened, stream, options);
}

/** A run of another process, as if it were one of this. */
class RemoteRun implements RunHandle {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner = undefined;
  readonly done: Promise<EventOf<"run-end">>;
  readonly #client: SluiceClient;
  readonly #stream: RunStream;
  readonly #ended = Promise.withResolvers<EventOf<"run-end">>();

  constructor(client: SluiceClient, run: string, stream: RunStream, options: OpenOptions) {
    this.#client = client;
    this.#stream = stream;
    this.run = run;
    this.session = options.session ?? run;
    this.flow = options.flow ?? "";
    this.done = this.#ended.promise;
  }

  /** Can be read once; `after` skips. */
  async *events(after = 0): AsyncIterable<RunEvent> {
    for await (const event of this.#stream) {
      if (event.type === "run-end") this.#ended.resolve(event);
      if (event.seq > after) yield event;
    }
  }

  cancel(scope?: "run" | "step"): void {
    this.#stream.cancel(scope).catch(() => undefined);
  }

  interrupt(): Promise<boolean> {
    return this.#stream.interrupt();
  }

  input(answer: Parameters<RunHandle["input"]>[0]): Promise<void> {
    return this.#stream.input(answer);
  }

  async files(): Promise<readonly FileInfo[]> {
    const { files } = await this.#client.call<{ files: readonly FileInfo[] }>("files.list", { session: this.session });
    return files;
  }

  file(path: string): Promise<Uint8Array> {
    return this.#client.file({ session: this.session }, path);
  }
}
