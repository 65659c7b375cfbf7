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

  async close(session: string): Promise<boolean> {
    this.#demand("sessions.close", session);
    return this.#sessions.close(session);
  }

  async put(session: string, files: readonly SandboxFile[]): Promise<void> {
    this.#demand("sessions.files", session);
    await this.#sessions.put(session, files, this.#permit.owner);
  }

  async get(session: string, path: string): Promise<Uint8Array> {
    this.#demand("sessions.files", session);
    return this.#sessions.get(session, path);
  }

  async files(session: string): Promise<readonly FileInfo[]> {
    this.#demand("sessions.files", session);
    return this.#sessions.files(session);
  }

  /** A name that no session has is free for everybody whose role may. */
  #demand(method: Method, name: string): void {
    const known = this.#sessions.list().find(({ session }) => session === name);
    if (known === undefined) this.#permit.demand(method);
    else this.#permit.demandSession(method, name, known.owner);
  }
}
