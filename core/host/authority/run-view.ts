import { SluiceError } from "../../contract/errors.ts";
import type { HostApi, Journal, JournalPage, Runs } from "../../contract/host.ts";
import type { OpenOptions, RunHandle } from "../../contract/run.ts";
import type { RunQuery, RunRecord } from "../../contract/store.ts";
import { cutText } from "../../kit/text/cut-text.ts";
import type { Permit } from "./permit.ts";

/** Runs as a principal may see, start and steer them. */
export class AuthorizedRuns implements Runs {
  readonly #host: HostApi;
  readonly #permit: Permit;

  constructor(host: HostApi, permit: Permit) {
    this.#host = host;
    this.#permit = permit;
  }

  get active(): number {
    return this.#host.runs.active;
  }

  /**
   * Whatever the caller says of owner and key, the run is the principal's. No key of others leads to it, and it goes on
   * from no run that the principal may not read.
   */
  open(options: OpenOptions): RunHandle {
    const { owner } = this.#permit;
    this.#permit.demand("runs.open");
    if ("env" in options.input && options.input.env !== undefined) this.#permit.demand("runs.env");
    if (options.session !== undefined) {
      const known = this.#host.sessions.list().find(({ session }) => session === options.session);
      if (known !== undefined) this.#permit.demandSession("sessions.use", known.session, known.owner);
    }
    const key = options.key === undefined ? {} : { key: `${owner}\n${options.key}` };
    const mayRead = (run: string, of: string | undefined) => this.#permit.demandRun("journal.follow", run, of);
    return this.#host.runs.open({ ...options, ...key, owner, mayRead });
  }

  /** @throws SluiceError SLUICE_WIRE_FORBIDDEN for a run that the principal may not see */
  get(run: string): RunHandle | undefined {
    const handle = this.#host.runs.get(run);
    if (handle === undefined) return undefined;
    this.#permit.demandRun("runs.get", run, handle.owner);
    return guarded(handle, this.#permit);
  }

  /** @throws SluiceError SLUICE_WIRE_FORBIDDEN for a run that the principal may not see */
  async find(run: string): Promise<RunHandle | undefined> {
    const handle = await this.#host.runs.find(run);
    if (handle === undefined) return undefined;
    this.#permit.demandRun("runs.get", run, handle.owner);
    return guarded(handle, this.#permit);
  }

  async list(query: RunQuery = {}): Promise<readonly RunRecord[]> {
    this.#permit.demand("runs.list");
    const all = this.#permit.allows("runs.list", "others");
    const records = await this.#host.runs.list(all ? query : { ...query, owner: this.#permit.owner });
    return all ? records : records.filter(({ owner }) => this.#permit.standingOfRun(owner) === "own");
  }
}

/** The handle, with each call held to the table. */
function guarded(handle: RunHandle, permit: Permit): RunHandle {
  const { run, session, flow, owner, done } = handle;
  const demand = (method: "runs.steer" | "runs.files" | "journal.follow") => permit.demandRun(method, run, owner);
  return {
    ...{ run, session, flow, owner, done },
    events(after) {
      demand("journal.follow");
      return handle.events(after);
    },
    cancel(scope) {
      demand("runs.steer");
      handle.cancel(scope);
    },
    async interrupt() {
      demand("runs.steer");
      return handle.interrupt();
    },
    async input(answer) {
      demand("runs.steer");
      await handle.input(answer);
    },
    async files() {
      demand("runs.files");
      return handle.files();
    },
    async file(path) {
      demand("runs.files");
      return handle.file(path);
    },
    prompt(seq) {
      demand("journal.follow");
      return handle.prompt?.(seq);
    },
  };
}

/** Journals of the runs that a principal may read. */
export class JournalView implements Journal {
  readonly #host: HostApi;
  readonly #permit: Permit;

  constructor(host: HostApi, permit: Permit) {
    this.#host = host;
    this.#permit = permit;
  }

  /** @throws SluiceError SLUICE_WIRE_FORBIDDEN for a run of somebody else */
  async has(run: string): Promise<boolean> {
    this.#permit.demand("journal.follow");
    if (!(await this.#host.journal.has(run))) return false;
    this.#permit.demandRun("journal.follow", run, await this.#ownerOf(run));
    return true;
  }

  async *follow(run: string, after: number, signal?: AbortSignal): AsyncIterable<JournalPage> {
    if (!(await this.has(run))) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${cutText(run, 60)}`);
    yield* this.#host.journal.follow(run, after, signal);
  }

  async #ownerOf(run: string): Promise<string | undefined> {
    const handle = this.#host.runs.get(run);
    if (handle !== undefined) return handle.owner;
    const [record] = await this.#host.runs.list({ run });
    return record?.owner;
  }
}
