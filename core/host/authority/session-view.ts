import type { Method } from "../../contract/access.ts";
import type { SessionInfo, Sessions } from "../../contract/host.ts";
import type { FileInfo, SandboxFile } from "../../contract/sandbox.ts";
import type { Permit } from "./permit.ts";

/** Sessions as a principal may see and use them. */
export class SessionView implements Sessions {
  readonly #sessions: Sessions;
  readonly #permit: Permit;

  constructor(sessions: Sessions, permit: Permit) {
    this.#sessions = sessions;
    this.#permit = permit;
  }

  list(): readonly SessionInfo[] {
    this.#permit.demand("sessions.list");
    return this.#sessions
      .list()
      .filter(({ owner }) => this.#permit.allows("sessions.list", this.#permit.standingOfSession(owner)));
  }

  async all(): Promise<readonly SessionInfo[]> {
    this.#permit.demand("sessions.list");
    const all = await this.#sessions.all();
    return all.filter(({ owner }) => this.#permit.allows("sessions.list", this.#permit.standingOfSession(owner)));
  }

  async find(session: string): Promise<SessionInfo | undefined> {
    this.#permit.demand("sessions.list");
    const found = await this.#sessions.find(session);
    const standing = this.#permit.standingOfSession(found?.owner);
    return this.#permit.allows("sessions.list", standing) ? found : undefined;
  }

  async close(session: string): Promise<boolean> {
    return this.#sessions.close(session, await this.#demand("sessions.close", session));
  }

  async put(session: string, files: readonly SandboxFile[]): Promise<void> {
    const seen = await this.#demand("sessions.files", session);
    await this.#sessions.put(session, files, this.#permit.owner, seen);
  }

  async get(session: string, path: string): Promise<Uint8Array> {
    return this.#sessions.get(session, path, await this.#demand("sessions.files", session));
  }

  async files(session: string): Promise<readonly FileInfo[]> {
    return this.#sessions.files(session, await this.#demand("sessions.files", session));
  }

  /** A name that no session has is free for everybody whose role may. */
  async #demand(method: Method, name: string): Promise<SessionInfo | undefined> {
    this.#permit.demand(method);
    const known = await this.#sessions.find(name);
    if (known !== undefined) this.#permit.demandSession(method, name, known.owner);
    return known;
  }
}
