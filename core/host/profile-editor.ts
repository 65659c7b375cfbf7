import { createHash } from "node:crypto";
import { readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { setValue } from "../config/edit.ts";
import { HiddenSecrets } from "../config/hidden-secrets.ts";
import { loadPlan } from "../config/load.ts";
import { profileOutline } from "../config/outline.ts";
import type { LoadOptions, LoadResult, Plan } from "../config/plan.ts";
import { profileChanges } from "../config/profile-diff.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Operation, ProfileChange, ProfileCheck, ProfileOutcome, ProfileText } from "../contract/operation.ts";

export interface ProfileEditorOptions {
  readonly plan: Plan;
  readonly load: Omit<LoadOptions, "file" | "config" | "text">;
  /** Brings the running host in step, as far as that goes while it runs. */
  readonly follow: (plan: Plan, changes: readonly ProfileChange[], origin: string) => Promise<void>;
}

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
    const hidden = secrets ? this.#secrets().hide(text) : this.#secrets().mask(text);
    const undo = this.#before !== undefined;
    return { file, text: hidden, revision: revisionOf(text), origins, undo, outline: profileOutline(hidden) };
  }

  async check(text: string, secrets = true): Promise<ProfileCheck> {
    return this.#verdict(await this.#load(secrets ? this.#secrets().reveal(text) : text), text);
  }

  edit: Operation["profile"]["edit"] = (text, pointer, value) => setValue(text, pointer, value);

  apply(text: string, revision: string, origin: string): Promise<ProfileOutcome> {
    return this.#inTurn(async () => {
      const before = await this.#text();
      if (revisionOf(before) !== revision) {
        throw new SluiceError("SLUICE_CONFIG_CONFLICT", `${this.#plan.file} has been changed since it was read`);
      }
      return this.#apply(before, this.#secrets().reveal(text), origin);
    });
  }

  /** Writes back what stood there before the last `apply`. @throws SluiceError SLUICE_CONFIG_CONFLICT */
  undo(origin: string): Promise<ProfileOutcome> {
    return this.#inTurn(async () => {
      const [before, current] = [this.#before, await this.#text()];
      if (before === undefined) throw new SluiceError("SLUICE_CONFIG_CONFLICT", "there is nothing to take back");
      return this.#apply(current, before, origin);
    });
  }

  async #apply(before: string, text: string, origin: string): Promise<ProfileOutcome> {
    const loaded = await this.#load(text);
    const verdict = this.#verdict(loaded, this.#secrets().hide(text));
    if (loaded.plan === undefined) return { status: "rejected", ...verdict, revision: revisionOf(before) };
    await this.#options.follow(loaded.plan, verdict.changes, origin);
    await this.#write(text);
    this.#before = before;
    this.#plan = loaded.plan;
    return { status: "applied", ...verdict, revision: revisionOf(text) };
  }

  #verdict({ plan, problems }: LoadResult, text: string): ProfileCheck {
    const changes = plan === undefined ? [] : profileChanges(this.#plan, plan);
    return { problems, changes, outline: profileOutline(text) };
  }

  #load(text: string): Promise<LoadResult> {
    return loadPlan({ ...this.#options.load, file: this.#plan.file, text });
  }

  #secrets(): HiddenSecrets {
    return new HiddenSecrets(this.#plan.secrets);
  }

  async #text(): Promise<string> {
    if (this.#plan.file !== "<config>") return readFile(this.#plan.file, "utf8");
    throw new SluiceError("SLUICE_CONFIG_NOT_FOUND", "this host was made from code: there is no profile to change");
  }

  /** Whole or not at all, and with the rights it had. */
  async #write(text: string): Promise<void> {
    const file = await realpath(this.#plan.file);
    const draft = `${file}.${process.pid}.draft`;
    await writeFile(draft, text, { mode: (await stat(file)).mode & 0o777 });
    await rename(draft, file);
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
