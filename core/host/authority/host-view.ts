import { filter, type Observable } from "rxjs";
import type { Method, Principal, Role } from "../../contract/access.ts";
import type { HostEvent, RunEvent } from "../../contract/event.ts";
import type { FlowInfo } from "../../contract/flow.ts";
import type {
  ClientHost,
  EffectiveConfig,
  HostApi,
  HostInfo,
  InstanceStatus,
  Journal,
  Models,
  Runs,
  Sessions,
  Settings,
} from "../../contract/host.ts";
import type { HostFeed, Operation } from "../../contract/operation.ts";
import { FeedView } from "./feed-view.ts";
import { OperationView } from "./operation-view.ts";
import { Permit } from "./permit.ts";
import { AuthorizedRuns, JournalView } from "./run-view.ts";
import { SessionView } from "./session-view.ts";
import { neededRole } from "./table.ts";

/** The host as one principal may use it: every call is held to the table of authority. */
export class HostView implements ClientHost {
  readonly runs: Runs;
  readonly sessions: Sessions;
  readonly journal: Journal;
  readonly models: Models;
  readonly settings: Settings;
  readonly feed: HostFeed;
  readonly hostEvents$: Observable<HostEvent>;
  readonly #host: HostApi;
  readonly #permit: Permit;
  #operation: Operation | undefined;

  constructor(host: HostApi, principal: Principal) {
    const permit = new Permit(principal);
    this.#host = host;
    this.#permit = permit;
    this.runs = new AuthorizedRuns(host, permit);
    this.sessions = new SessionView(host.sessions, permit);
    this.journal = new JournalView(host, permit);
    const feed = new FeedView(host.feed, permit, (event) => ownerOfEvent(host, event));
    this.feed = feed;
    this.hostEvents$ = host.hostEvents$.pipe(filter((event) => feed.shows(event, ownerOfEvent(host, event))));
    this.models = {
      list: () => {
        permit.demand("status.read");
        return host.models.list();
      },
    };
    this.settings = {
      get: (instance) => {
        permit.demand("settings.get");
        return host.settings.get(instance);
      },
      set: (instance, values, origin) => {
        permit.demand("settings.set");
        host.settings.set(instance, values, origin);
      },
      demandForRun: (instance, values) => {
        permit.demand("runs.open");
        host.settings.demandForRun(instance, values);
      },
    };
  }

  get owner(): string {
    return this.#permit.owner;
  }

  owns(thing: "run" | "session", owner: string | undefined): boolean {
    const standing = thing === "run" ? this.#permit.standingOfRun(owner) : this.#permit.standingOfSession(owner);
    return standing === "own";
  }

  demand(method: Method): void {
    this.#permit.demand(method);
  }

  allows(method: Method, owner: string | undefined): boolean {
    return this.#permit.allows(method, this.#permit.standingOfRun(owner));
  }

  neededRole(method: Method): Role {
    return neededRole(method);
  }

  /** Without the host's token: it is the answer to no question. */
  get info(): HostInfo {
    return { ...this.#host.info, token: null };
  }

  get status$(): Observable<readonly InstanceStatus[]> {
    this.#permit.demand("status.read");
    return this.#host.status$;
  }

  get flows(): readonly FlowInfo[] {
    this.#permit.demand("status.read");
    return this.#host.flows;
  }

  get config(): EffectiveConfig {
    this.#permit.demand("status.private");
    return this.#host.config;
  }

  get operation(): Operation {
    this.#operation ??= new OperationView(this.#host.operation, this.#host.sessions, this.#permit);
    return this.#operation;
  }
}

/** Whose run or session an event tells of, as far as the host still knows it. */
export function ownerOfEvent(
  host: Pick<HostApi, "runs" | "sessions">,
  event: HostEvent | RunEvent,
): string | undefined {
  if (event.type === "sandbox-status") {
    const { session } = event.data;
    return session === undefined ? undefined : host.sessions.list().find((each) => each.session === session)?.owner;
  }
  const run = "run" in event ? event.run : event.type === "log" ? event.data.run : undefined;
  return run === undefined ? undefined : host.runs.get(run)?.owner;
}
