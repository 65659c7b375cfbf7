import type { SecretMask } from "../config/report/mask.ts";
import type { Conversation } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { SessionInfo } from "../contract/host.ts";
import type { FileInfo, SandboxFile, SandboxSession } from "../contract/sandbox.ts";
import type { Clock } from "../contract/tokens.ts";
import { emptyConversation } from "../flow/fold.ts";
import { type ProgramEnv, secretsOf } from "../flow/program-env.ts";
import { cutText } from "../kit/text/cut-text.ts";
import { plural } from "../kit/text/plural.ts";
import { checkFiles } from "../kit/untrusted/file-path.ts";
import type { Budget, BudgetUse } from "./budget.ts";
import type { SandboxOpener } from "./open-sandboxes.ts";
import { demandPlace } from "./places.ts";
import { SandboxSet } from "./sandbox-set.ts";

export interface SessionLimits {
  /** Milliseconds without a run after which a session ends; default 30 minutes. */
  readonly idle: number;
  /** Sessions of one principal at once; default 100. */
  readonly most: number;
}

export const defaultSessionLimits: SessionLimits = { idle: 30 * 60_000, most: 100 };

/** Secret values of variables that one session may be given: each costs a little in every line that is told. */
const mostSecrets = 512;

/** A conversation and the sandboxes that belong to it. Its runs are serial. */
export class Session {
  conversation: Conversation = emptyConversation;
  /** The run with which the conversation ends; null while nothing has been said. */
  spoken: string | null = null;
  /** The run that was opened last. */
  latest: string | null = null;
  /** Another host has left it, with so much of its sandbox lost. Its conversation is still to be read. */
  left: "variables" | "all" | undefined;
  /** What was used of its budget at another host, and the budget here. */
  spentBefore: BudgetUse | undefined;
  budget: Budget | undefined;
  lastUsed: number;
  runs = 0;
  readonly created: number;
  readonly name: string;
  readonly owner: string | undefined;
  readonly sandboxes: SandboxSet;
  /** Files that came before any sandbox was open. */
  #pending: readonly SandboxFile[] = [];
  readonly #secrets = new Set<string>();
  #tail: Promise<void> = Promise.resolve();
  waiting = 0;
  /** Questions that somebody approved for the rest of the session. */
  readonly approved = new Set<string>();

  constructor(name: string, instance: (id: string) => SandboxOpener, now: number, owner?: string) {
    this.name = name;
    this.owner = owner;
    this.created = now;
    this.lastUsed = now;
    this.sandboxes = new SandboxSet(name, instance, async (_id, session) => {
      if (this.#pending.length > 0) await this.#bring(session);
    });
  }

  /** The run that one which is opened now goes on from: of those that wait, the last. */
  get tip(): string | null {
    return this.waiting > 0 ? this.latest : this.spoken;
  }

  /** @throws SluiceError SLUICE_PROGRAM_ENV where the session would have to keep too many values from being told */
  admitEnv(env: ProgramEnv): void {
    if (new Set([...this.#secrets, ...secretsOf(env)]).size <= mostSecrets) return;
    throw new SluiceError("SLUICE_PROGRAM_ENV", `the session ${this.name} was given more than ${mostSecrets} secrets`, {
      cure: "Begin another session.",
    });
  }

  /** What a run of it may not tell: the host's secrets, and those among the variables that any run of it was given. */
  masks(host: SecretMask, env: ProgramEnv = {}): SecretMask {
    for (const secret of secretsOf(env)) this.#secrets.add(secret);
    return this.#secrets.size === 0 ? host : host.with(this.#secrets);
  }

  /** Puts files into the sandboxes that are open, and into each that is opened later; all of them, or none. */
  async put(files: readonly SandboxFile[]): Promise<void> {
    checkFiles(files);
    const paths = new Set(files.map(({ path }) => path));
    const together = () => [...this.#pending.filter(({ path }) => !paths.has(path)), ...files];
    if (this.sandboxes.ids.length === 0) checkFiles(together());
    for (const id of this.sandboxes.ids) await (await this.sandboxes.peek(id))?.put(files);
    this.#pending = together();
  }

  /** A file that a sandbox refuses is told once, and then forgotten: it must not stand in the way of every later run. */
  async #bring(session: SandboxSession): Promise<void> {
    const files = this.#pending;
    try {
      await session.put(files);
    } catch (failure) {
      if (!isRefusal(failure)) throw failure;
      for (const file of files) {
        await session.put([file]).catch((error: unknown) => {
          if (isRefusal(error)) this.#pending = this.#pending.filter((each) => each !== file);
        });
      }
      throw failure;
    }
  }

  /** @throws SluiceError SLUICE_FILE_NOT_FOUND */
  async get(path: string): Promise<Uint8Array> {
    const sandbox = await this.sandboxes.first();
    if (sandbox) return sandbox.get(path);
    const waiting = this.#pending.find((file) => file.path === path);
    if (waiting) return waiting.content;
    throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no file ${path} in the session ${this.name}`);
  }

  /** Those of its sandbox, or those that wait for one. */
  async files(): Promise<readonly FileInfo[]> {
    const sandbox = await this.sandboxes.first();
    if (sandbox) return sandbox.list();
    return this.#pending.map(({ path, content }) => ({ path, size: content.length, mime: "application/octet-stream" }));
  }

  /** Resolves with a release function when all runs before it are over. */
  async turn(): Promise<() => void> {
    const before = this.#tail;
    let release: () => void = () => {};
    this.#tail = new Promise((resolve) => {
      release = resolve;
    });
    this.waiting += 1;
    await before;
    return () => {
      this.waiting -= 1;
      release();
    };
  }
}

/** The sessions that this host has. */
export class SessionRegistry {
  /** Called when a session has ended: its name is free at other hosts as well. */
  onClosed: ((name: string) => void) | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #instance: (id: string) => SandboxOpener;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;

  constructor(instance: (id: string) => SandboxOpener, clock: Clock, limits: SessionLimits) {
    this.#instance = instance;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** A session that nobody can come back to; the run that owns it closes it. */
  alone(name: string, owner?: string, instance: (id: string) => SandboxOpener = this.#instance): Session {
    return new Session(name, instance, this.#clock.now(), owner);
  }

  /** The one of that name, or a new one of `owner`'s. @throws SluiceError SLUICE_OVERLOADED, SLUICE_SESSION_NAME */
  named(name: string, owner?: string): Session {
    this.sweep();
    const existing = this.#sessions.get(name);
    if (existing) return existing;
    checkSessionName(name);
    const taken = (count: number) => `there ${count === 1 ? "is" : "are"} already ${plural(count, "session")}`;
    demandPlace(this.#sessions.values(), owner, { most: this.#limits.most, taken, retryAfter: 5_000 });
    const session = new Session(name, this.#instance, this.#clock.now(), owner);
    this.#sessions.set(name, session);
    return session;
  }

  get names(): readonly string[] {
    return [...this.#sessions.keys()];
  }

  peek(name: string): Session | undefined {
    return this.#sessions.get(name);
  }

  has(name: string): boolean {
    return this.#sessions.has(name);
  }

  /** Ends the sessions that have been idle for too long. */
  sweep(): void {
    const oldest = this.#clock.now() - this.#limits.idle;
    for (const [name, session] of this.#sessions) {
      if (session.waiting === 0 && session.lastUsed < oldest) void this.close(name);
    }
  }

  list(): readonly SessionInfo[] {
    return [...this.#sessions.values()].map((session) => ({
      session: session.name,
      ...(session.owner === undefined ? {} : { owner: session.owner }),
      created: new Date(session.created).toISOString(),
      lastUsed: new Date(session.lastUsed).toISOString(),
      runs: session.runs,
      sandboxes: session.sandboxes.ids,
    }));
  }

  async close(name: string): Promise<boolean> {
    const session = this.#sessions.get(name);
    this.#sessions.delete(name);
    session?.sandboxes.close();
    if (session !== undefined) this.onClosed?.(name);
    return session !== undefined;
  }

  closeAll(): void {
    for (const name of [...this.#sessions.keys()]) void this.close(name);
  }

  async put(name: string, files: readonly SandboxFile[], owner?: string): Promise<void> {
    checkFiles(files);
    const session = this.named(name, owner);
    session.lastUsed = this.#clock.now();
    await session.put(files);
  }

  async get(name: string, path: string): Promise<Uint8Array> {
    return this.#find(name).get(path);
  }

  async files(name: string): Promise<readonly FileInfo[]> {
    return this.#find(name).files();
  }

  #find(name: string): Session {
    const session = this.#sessions.get(name);
    if (!session)
      throw new SluiceError("SLUICE_SESSION_NOT_FOUND", `there is no session ${cutText(name, longestName)}`);
    return session;
  }
}

/** The fault is the file's own; another time, or another sandbox, would say the same. */
function isRefusal(error: unknown): boolean {
  return error instanceof SluiceError && error.code.startsWith("SLUICE_FILE_");
}

/** Characters, as the wire has it. */
const longestName = 128;

/** The same for every way in: a name is shown in lists, kept in stores, and compared. */
function checkSessionName(name: string): void {
  const fits = name.trim() !== "" && name.length <= longestName && name.isWellFormed() && !/\p{Cc}/u.test(name);
  if (fits) return;
  throw new SluiceError("SLUICE_SESSION_NAME", `${JSON.stringify(cutText(name, 60))} cannot be the name of a session`);
}
