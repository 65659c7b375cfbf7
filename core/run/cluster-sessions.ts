import { SluiceError } from "../contract/errors.ts";
import type { SessionInfo, Sessions } from "../contract/host.ts";
import type { QueueQuestion, RunQueue } from "../contract/queue.ts";
import type { FileInfo, SandboxFile } from "../contract/sandbox.ts";
import type { Logger } from "../contract/tokens.ts";
import { plural } from "../kit/text/plural.ts";
import { inTurns } from "../kit/timing/in-turns.ts";
import { askHost } from "./host-questions.ts";
import { type LeftSession, leftOf, recallLeft } from "./left-session.ts";
import { type FileText, toFile, toText } from "./queued-request.ts";
import type { SessionRegistry } from "./sessions.ts";

/** Sessions that are left at once: reading the files of one takes a while. */
const atOnce = 8;

/** What is asked of the host that has a session. */
interface SessionQuestion {
  readonly session: string;
  /** The one that is meant: a later one of the same name may be somebody else's. */
  readonly seen?: SessionInfo;
  readonly path?: string;
  readonly files?: readonly FileText[];
  readonly owner?: string;
}

/** The sessions of this host; those of others are asked for at the host that has them. */
export class ClusterSessions implements Sessions {
  readonly #own: SessionRegistry;
  readonly #queue: () => RunQueue | undefined;

  readonly #log: Logger;
  /** No session begins here any more; then none is changed either, while they are left to others. */
  #stopping: "no" | "begins" | "changes" = "no";

  constructor(own: SessionRegistry, queue: () => RunQueue | undefined, log: Logger) {
    this.#log = log;
    this.#own = own;
    this.#queue = queue;
  }

  list(): readonly SessionInfo[] {
    return this.#own.list();
  }

  async all(): Promise<readonly SessionInfo[]> {
    const queue = this.#queue();
    const others = (queue?.hosts ?? []).filter(({ own }) => !own);
    const told = others.map(async ({ host }) => {
      if (queue === undefined) return [];
      // One that does not answer is going, or gone.
      const listed = await askHost(queue, { host, method: "sessions", params: {} }).catch(() => []);
      return (listed as readonly SessionInfo[]).map((each) => ({ ...each, host }));
    });
    return [...this.list(), ...(await Promise.all(told)).flat()];
  }

  async find(session: string): Promise<SessionInfo | undefined> {
    const own = this.list().find((each) => each.session === session);
    const host = own === undefined ? await this.#elsewhere(session) : undefined;
    if (host === undefined) return own;
    const info = (await this.#ask(host, "session", { session })) as SessionInfo | null;
    return info === null ? undefined : { ...info, host };
  }

  async close(session: string, seen?: SessionInfo): Promise<boolean> {
    const host = await this.#elsewhere(session);
    if (host !== undefined) return (await this.#ask(host, "session-close", { session, ...told(seen) })) === true;
    return this.#is(session, seen) && this.#own.close(session);
  }

  async put(session: string, files: readonly SandboxFile[], owner?: string, seen?: SessionInfo): Promise<void> {
    const queue = this.#queue();
    this.#demandUp(session);
    if (queue !== undefined && !this.#own.has(session)) {
      const holder = await this.claim(session, owner);
      if (holder !== undefined && holder !== ownHost(queue)) {
        await this.#ask(holder, "session-put", {
          ...{ session, files: files.map(toText), ...told(seen) },
          ...(owner === undefined ? {} : { owner }),
        });
        return;
      }
    }
    try {
      this.#demand(session, seen, true);
      await this.#own.put(session, files, owner);
    } finally {
      // It was refused: the name stays free.
      if (!this.#own.has(session)) queue?.sessions.release(session);
    }
  }

  async get(session: string, path: string, seen?: SessionInfo): Promise<Uint8Array> {
    const host = await this.#elsewhere(session);
    if (host !== undefined) {
      return Buffer.from(String(await this.#ask(host, "session-get", { session, path, ...told(seen) })), "base64");
    }
    this.#demand(session, seen);
    return this.#own.get(session, path);
  }

  async files(session: string, seen?: SessionInfo): Promise<readonly FileInfo[]> {
    const host = await this.#elsewhere(session);
    if (host !== undefined) {
      return (await this.#ask(host, "session-files", { session, ...told(seen) })) as readonly FileInfo[];
    }
    this.#demand(session, seen);
    return this.#own.files(session);
  }

  sweep(): void {
    this.#own.sweep();
  }

  /** The host begins to stop: runs that are under way still need what is here. */
  drain(): void {
    this.#stopping = "begins";
  }

  /** The host stops: what can be left to other hosts until `signal` aborts is left, and all are closed. */
  async end(signal: AbortSignal): Promise<void> {
    this.#stopping = "changes";
    await this.#leave(signal);
    this.#own.closeAll();
  }

  /** The host that has it, from now on this one where none has; then it begins with what another host has left of it. */
  async claim(session: string, owner?: string): Promise<string | undefined> {
    const queue = this.#queue();
    const holder = await queue?.sessions.claim(session);
    if (queue === undefined || holder !== ownHost(queue) || this.#own.has(session)) return holder;
    try {
      const left = (await queue.sessions.left(session)) as LeftSession | undefined;
      if (left === undefined) return holder;
      await recallLeft(this.#own, session, left, owner);
      await queue.sessions.forget(session);
    } catch (error) {
      if (!this.#own.has(session)) queue.sessions.release(session);
      throw error;
    }
    return holder;
  }

  /** Those that cannot be left end with a reason in the log. */
  async #leave(signal: AbortSignal): Promise<void> {
    const queue = this.#queue();
    if (queue !== undefined) await inTurns(this.#own.names, atOnce, (name) => this.#leaveOne(queue, name, signal));
  }

  async #leaveOne(queue: RunQueue, name: string, signal: AbortSignal): Promise<void> {
    const session = this.#own.peek(name);
    if (session === undefined) return;
    try {
      if (signal.aborted) throw new SluiceError("SLUICE_HOST_STOPPING", "there was no time to leave it to others");
      const left = await leftOf(session, signal);
      await queue.sessions.leave(name, left);
      // From now on it may be another host's.
      await this.#own.close(name);
      const files = left.reason ?? `${plural(left.files.length, "file is", "files are")} kept`;
      this.#log.info(`the session ${name} is left to other hosts: ${files}`, { session: name });
    } catch (error) {
      this.#log.warn(`the session ${name} ends with its host`, { session: name, error });
    }
  }

  /** Another host has begun one of that name, while this one was silent. */
  taken(session: string, holder: string): void {
    this.#log.warn("a session has ended here: another host has it", { session, holder });
    void this.#own.close(session);
  }

  /** What another host asks of the sessions of this one; undefined where the question is of something else. */
  answer({ method, params }: QueueQuestion): Promise<unknown> | undefined {
    if (!method.startsWith("session")) return undefined;
    return this.#answer(method, params as SessionQuestion);
  }

  async #answer(method: string, { session, seen, path = "", files = [], owner }: SessionQuestion): Promise<unknown> {
    if (method === "sessions") return this.list();
    if (method === "session") return this.list().find((each) => each.session === session) ?? null;
    if (method === "session-close") return this.#is(session, seen) && this.#own.close(session);
    this.#demand(session, seen);
    switch (method) {
      case "session-put":
        this.#demandUp(session);
        return this.#own.put(session, files.map(toFile), owner);
      case "session-get":
        return Buffer.from(await this.#own.get(session, path)).toString("base64");
      case "session-files":
        return this.#own.files(session);
      default:
        throw new SluiceError("SLUICE_USAGE", `no host answers ${method}`);
    }
  }

  /** Another host that has the session. */
  async #elsewhere(session: string): Promise<string | undefined> {
    const queue = this.#queue();
    if (queue === undefined || this.#own.has(session)) return undefined;
    const holder = await queue.sessions.holder(session);
    return holder === undefined || holder === ownHost(queue) ? undefined : holder;
  }

  #ask(host: string, method: string, params: SessionQuestion): Promise<unknown> {
    const queue = this.#queue();
    if (queue === undefined) throw new SluiceError("SLUICE_HOST_CUT_OFF", "the queue does not run");
    return askHost(queue, { host, method, params });
  }

  #is(session: string, seen: SessionInfo | undefined): boolean {
    const own = this.list().find((each) => each.session === session);
    return seen === undefined || (own?.created === seen.created && own.owner === seen.owner);
  }

  /** @throws SluiceError SLUICE_HOST_STOPPING */
  #demandUp(session: string): void {
    if (this.#stopping === "no" || (this.#stopping === "begins" && this.#own.has(session))) return;
    throw new SluiceError("SLUICE_HOST_STOPPING", `the host is stopping, and takes nothing for the session ${session}`);
  }

  /** @throws SluiceError SLUICE_SESSION_NOT_FOUND */
  #demand(session: string, seen: SessionInfo | undefined, mayBegin = false): void {
    if (mayBegin && seen === undefined) return;
    if (this.#own.has(session) && this.#is(session, seen)) return;
    throw new SluiceError("SLUICE_SESSION_NOT_FOUND", `there is no session ${session} any more`);
  }
}

function ownHost(queue: RunQueue): string | undefined {
  return queue.hosts.find(({ own }) => own)?.host;
}

function told(seen: SessionInfo | undefined): { readonly seen?: SessionInfo } {
  return seen === undefined ? {} : { seen };
}
