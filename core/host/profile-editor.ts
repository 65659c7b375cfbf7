import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { setValue } from "../config/edit/edit.ts";
import { HiddenSecrets } from "../config/edit/hidden-secrets.ts";
import { movedKeys } from "../config/edit/key-origin.ts";
import { profileOutline } from "../config/edit/outline.ts";
import { profileChanges } from "../config/edit/profile-diff.ts";
import type { LoadOptions, LoadResult, Plan } from "../config/plan.ts";
import { factsOf, newExpressions } from "../config/read/client-text.ts";
import { decodeText } from "../config/read/encoding.ts";
import { errorEntry } from "../contract/error-codes/index.ts";
import { type ErrorCode, SluiceError } from "../contract/errors.ts";
import type { Operation, ProfileChange, ProfileCheck, ProfileOutcome, ProfileText } from "../contract/operation.ts";
import type { Problem } from "../contract/problem.ts";
import { ExchangeFailure } from "../instances/exchange.ts";
import { replaceFile } from "../kit/private-files.ts";
import { loadPlan } from "../plugin/load-plan.ts";

export interface ProfileEditorOptions {
  readonly plan: Plan;
  readonly load: Omit<LoadOptions, "file" | "config" | "text">;
  /** Reads a profile, as the caller's own or as one that a person has to trust. */
  readonly judge: (options: LoadOptions) => Promise<LoadResult & { readonly trusted: boolean }>;
  /** Brings the running host in step, all of it or nothing. Rejects with an ExchangeFailure. */
  readonly follow: (plan: Plan, changes: readonly ProfileChange[], origin: string) => Promise<void>;
  /** Told the digests of the profile before and after a change was written: who trusted the one trusts the other. */
  readonly onWritten?: (before: string | undefined, after: string | undefined) => void;
  /** Told of a change that is not served, and why: whoever made it may be nobody who waits for an answer. */
  readonly onRefused?: (outcome: ProfileOutcome, origin: string) => void;
}

const inTheFile = "Make this change in the file, on the machine of the host, and start the host again.";
const isError = ({ severity }: Problem) => severity === "error";

/** Reads and writes the profile that a host serves. The file is the only truth: what is applied is what stands there. */
export class ProfileEditor {
  readonly #options: ProfileEditorOptions;
  #plan: Plan;
  #before: string | undefined;
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ProfileEditorOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  get plan(): Plan {
    return this.#plan;
  }

  async read(secrets = true): Promise<ProfileText> {
    const text = await this.#text();
    const { file, origins } = this.#plan;
    const shown = this.#shown(text, secrets);
    const undo = this.#before !== undefined;
    return { file, text: shown, revision: revisionOf(text), origins, undo, outline: profileOutline(shown) };
  }

  /** Both texts are read as a client's, with markers in place of secrets: what differs is told, and nothing of it is. */
  async check(text: string, secrets = true): Promise<ProfileCheck> {
    const current = this.#shown(await this.#text(), secrets);
    const [before, after] = await Promise.all([this.#judge(current, current), this.#judge(text, current)]);
    return this.#verdict(after, text, before.plan);
  }

  edit: Operation["profile"]["edit"] = (text, pointer, value) => setValue(text, pointer, value);

  apply(text: string, revision: string, origin: string): Promise<ProfileOutcome> {
    return this.#change(origin, async () => {
      const before = await this.#text();
      if (revisionOf(before) !== revision) {
        throw new SluiceError("SLUICE_CONFIG_CONFLICT", `${this.#plan.file} has been changed since it was read`);
      }
      const hidden = new HiddenSecrets(this.#plan.secrets, before);
      const revealed = hidden.reveal(text);
      const judged = await this.#judge(text, hidden.hidden);
      const refused = [...judged.problems.filter(isError), ...this.#strange(before, text, revealed)];
      if (revealed === undefined || refused.length > 0) {
        return this.#rejected({ ...judged, plan: undefined, problems: refused }, text, before);
      }
      return this.#apply(before, revealed, origin, true);
    });
  }

  /** Writes back what stood there before the last `apply`. @throws SluiceError SLUICE_CONFIG_CONFLICT */
  undo(origin: string): Promise<ProfileOutcome> {
    return this.#change(origin, async () => {
      const [before, current] = [this.#before, await this.#text()];
      if (before === undefined) throw new SluiceError("SLUICE_CONFIG_CONFLICT", "there is nothing to take back");
      return this.#apply(current, before, origin, false);
    });
  }

  /** What the file says now, held against what is served. */
  preview(): Promise<ProfileCheck> {
    return this.#inTurn(async () => {
      const text = await this.#text();
      return this.#verdict(await this.#judged(), this.#shown(text, true), this.#plan);
    });
  }

  /** Serves what the file says now: it was changed by somebody who may write it. */
  reload(origin: string): Promise<ProfileOutcome> {
    return this.#change(origin, async () => {
      const text = await this.#text();
      const loaded = await this.#judged();
      if (loaded.plan === undefined) return this.#rejected(loaded, this.#shown(text, true), text);
      return this.#serve(loaded.plan, loaded, text, origin);
    });
  }

  /** The file as a profile that may be served: one that nobody trusts has problems. */
  async #judged(): Promise<LoadResult> {
    const loaded = await this.#options.judge({ ...this.#options.load, file: this.#plan.file });
    if (loaded.trusted || loaded.needs.length === 0) return loaded;
    const asks = loaded.needs.map(({ what, at }) =>
      this.#problem(
        "SLUICE_CONFIG_UNTRUSTED",
        `${what} (${at})`,
        `Read it, and if you trust it: \`sluice trust ${this.#plan.file}\`.`,
      ),
    );
    return { ...loaded, plan: undefined, problems: [...loaded.problems, ...asks] };
  }

  async #serve(plan: Plan, loaded: LoadResult, text: string, origin: string): Promise<ProfileOutcome> {
    const verdict = this.#verdict(loaded, this.#shown(text, true), this.#plan);
    try {
      await this.#options.follow(plan, verdict.changes, origin);
    } catch (error) {
      return { status: "rolled-back", ...verdict, problems: this.#reasons(error), revision: revisionOf(text) };
    }
    this.#plan = plan;
    return { status: "applied", ...verdict, revision: revisionOf(text) };
  }

  /** Why a change was taken back, and what could not be started again. */
  #reasons(error: unknown): Problem[] {
    const reasons = error instanceof ExchangeFailure ? [error.reason, ...error.lost] : [SluiceError.from(error)];
    return reasons.map(({ code, message, cure }) => this.#problem(code, message, cure));
  }

  /** `fromClient`: the text may ask for nothing that a person has to allow, unless what stands there asks for it too. */
  async #apply(before: string, text: string, origin: string, fromClient: boolean): Promise<ProfileOutcome> {
    const loaded = await this.#load(text);
    const shown = this.#shown(text, true);
    const current = await this.#load(before);
    const problems = fromClient && loaded.plan !== undefined ? this.#overreach(current, loaded) : [];
    if (loaded.plan === undefined || problems.length > 0) {
      return this.#rejected({ ...loaded, problems: [...loaded.problems, ...problems] }, shown, before);
    }
    const outcome = await this.#serve(loaded.plan, loaded, text, origin);
    if (outcome.status !== "applied") return { ...outcome, revision: revisionOf(before) };
    await this.#write(text);
    this.#options.onWritten?.(current.digest(), loaded.digest());
    this.#before = before;
    return outcome;
  }

  #rejected(loaded: LoadResult, text: string, before: string): ProfileOutcome {
    return { status: "rejected", ...this.#verdict(loaded, text, undefined), revision: revisionOf(before) };
  }

  #verdict({ plan, problems }: LoadResult, text: string, before: Plan | undefined): ProfileCheck {
    const changes = plan === undefined || before === undefined ? [] : profileChanges(before, plan);
    return { problems, changes, outline: profileOutline(text) };
  }

  /** Expressions and markers that a client has put where they were not. */
  #strange(before: string, text: string, revealed: string | undefined): Problem[] {
    const problems = newExpressions(factsOf(before), factsOf(text)).map((place) =>
      this.#problem("SLUICE_CONFIG_UNTRUSTED", `${place} has an expression that is not in the profile`, inTheFile),
    );
    if (revealed !== undefined) return problems;
    const message = "the marker of a secret stands where the secret does not";
    return [...problems, this.#problem("SLUICE_CONFIG_UNTRUSTED", message, "Leave markers where they are.")];
  }

  /** What takes a person at the machine, and keys that would be sent to another address. */
  #overreach(current: LoadResult, next: LoadResult): Problem[] {
    const allowed = new Set(current.needs.map(({ what, digest }) => `${digest} ${what}`));
    const asked = next.needs.filter(({ what, digest }) => !allowed.has(`${digest} ${what}`));
    const keys = next.plan === undefined ? [] : movedKeys(this.#plan, next.plan);
    return [
      ...asked.map(({ what }) =>
        this.#problem("SLUICE_CONFIG_UNTRUSTED", `the change takes a person: ${what}`, inTheFile),
      ),
      ...keys.map((message) => this.#problem("SLUICE_CONFIG_KEY_ORIGIN", message)),
    ];
  }

  #problem(code: ErrorCode, message: string, cure: string = errorEntry(code)?.cure ?? ""): Problem {
    return { severity: "error", code, message, file: this.#plan.file, cure };
  }

  #load(text: string): Promise<LoadResult> {
    return loadPlan({ ...this.#options.load, file: this.#plan.file, text });
  }

  /** Reads a text as a client's, who may name what `current` names. */
  #judge(text: string, current: string): Promise<LoadResult> {
    const load = { ...this.#options.load, file: this.#plan.file, text };
    return loadPlan({ ...load, trust: "client", known: factsOf(current) });
  }

  #shown(text: string, secrets: boolean): string {
    const hidden = new HiddenSecrets(this.#plan.secrets, text);
    return secrets ? hidden.hidden : hidden.mask(text);
  }

  async #text(): Promise<string> {
    const { file } = this.#plan;
    if (file === "<config>") {
      throw new SluiceError("SLUICE_CONFIG_NOT_FOUND", "this host was made from code: there is no profile to change");
    }
    const decoded = decodeText(await readFile(file));
    if (!("fault" in decoded)) return decoded.text;
    throw new SluiceError("SLUICE_CONFIG_ENCODING", `${file} ${decoded.fault}`, { cure: decoded.cure });
  }

  /** Whole or not at all, and with the rights it had. */
  async #write(text: string): Promise<void> {
    const file = await realpath(this.#plan.file);
    replaceFile(file, text, (await stat(file)).mode & 0o777);
  }

  async #change(origin: string, work: () => Promise<ProfileOutcome>): Promise<ProfileOutcome> {
    const outcome = await this.#inTurn(work);
    if (outcome.status !== "applied") this.#options.onRefused?.(outcome, origin);
    return outcome;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function revisionOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
