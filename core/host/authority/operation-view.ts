import type { Method } from "../../contract/access.ts";
import type { ClusterOverview, HostRun } from "../../contract/cluster.ts";
import type { LogLevel } from "../../contract/event.ts";
import type { FlowNode } from "../../contract/flow.ts";
import type { Sessions } from "../../contract/host.ts";
import type {
  HostLoad,
  InstanceDetails,
  ModelTrial,
  Operation,
  PluginEntry,
  SandboxDetails,
} from "../../contract/operation.ts";
import { boundedProfile } from "./bounded-profile.ts";
import type { Permit } from "./permit.ts";

/** What a principal may see and do of the host's operation. */
export class OperationView implements Operation {
  readonly profile: Operation["profile"];
  readonly #operation: Operation;
  readonly #sessions: Sessions;
  readonly #permit: Permit;

  /** `sessions` are those of the whole host. */
  constructor(operation: Operation, sessions: Sessions, permit: Permit) {
    this.#operation = operation;
    this.#sessions = sessions;
    this.#permit = permit;
    const demand = (method: Method) => permit.demand(method);
    const secrets = permit.allows("profile.secrets");
    this.profile = {
      read: async () => {
        demand("profile.read");
        return operation.profile.read(secrets);
      },
      check: async (text) => {
        demand("profile.check");
        return operation.profile.check(boundedProfile(text), secrets);
      },
      edit: (text, pointer, value) => {
        demand("profile.check");
        return operation.profile.edit(boundedProfile(text), pointer, value);
      },
      apply: async (text, revision, origin) => {
        demand("profile.apply");
        return operation.profile.apply(boundedProfile(text), revision, origin);
      },
      undo: async (origin) => {
        demand("profile.apply");
        return operation.profile.undo(origin);
      },
      preview: async () => {
        demand("profile.apply");
        return operation.profile.preview();
      },
      reload: async (origin) => {
        demand("profile.apply");
        return operation.profile.reload(origin);
      },
    };
  }

  get flows(): Readonly<Record<string, FlowNode>> {
    this.#permit.demand("status.read");
    return this.#operation.flows;
  }

  async plugins(): Promise<readonly PluginEntry[]> {
    this.#permit.demand("profile.check");
    return this.#operation.plugins();
  }

  instances(): readonly InstanceDetails[] {
    this.#permit.demand("status.read");
    return this.#operation.instances(this.#permit.allows("status.private"));
  }

  async restart(instance: string, origin: string): Promise<void> {
    this.#permit.demand("instances.operate");
    await this.#operation.restart(instance, origin);
  }

  setLevel(instance: string, level: LogLevel | undefined, origin: string): void {
    this.#permit.demand("instances.operate");
    this.#operation.setLevel(instance, level, origin);
  }

  tryModel(instance: string, signal: AbortSignal): Promise<ModelTrial> {
    this.#permit.demand("instances.operate");
    return this.#operation.tryModel(instance, signal);
  }

  async sandboxes(signal: AbortSignal): Promise<readonly SandboxDetails[]> {
    this.#permit.demand("sandboxes.list");
    const all = await this.#operation.sandboxes(signal);
    const owners = new Map(this.#sessions.list().map(({ session, owner }) => [session, owner]));
    return all.filter(({ session }) => {
      const owner = session === undefined ? undefined : owners.get(session);
      return this.#permit.allows("sandboxes.list", this.#permit.standingOfSession(owner));
    });
  }

  load(): HostLoad {
    this.#permit.demand("status.read");
    return this.#operation.load();
  }

  /** Runs of others are counted, and not named. */
  async hosts(): Promise<ClusterOverview> {
    this.#permit.demand("status.read");
    const { hosts, ...rest } = await this.#operation.hosts();
    const shown = ({ owner }: HostRun) => this.#permit.allows("runs.list", this.#permit.standingOfRun(owner));
    return {
      ...rest,
      hosts: hosts.map((host) => {
        if (host.use === undefined) return host;
        const runs = host.use.runs.filter(shown);
        return { ...host, use: { ...host.use, runs, more: host.use.more + host.use.runs.length - runs.length } };
      }),
    };
  }

  async setAt(where: string, instance: string, values: Readonly<Record<string, unknown>>, origin: string) {
    this.#permit.demand("settings.set");
    return this.#operation.setAt(where, instance, values, origin);
  }

  async stopSandbox(id: string, origin: string): Promise<boolean> {
    this.#permit.demand("sandboxes.stop");
    return this.#operation.stopSandbox(id, origin);
  }

  async cleanSandboxes(origin: string, signal: AbortSignal): Promise<readonly string[]> {
    this.#permit.demand("sandboxes.stop");
    return this.#operation.cleanSandboxes(origin, signal);
  }
}
