import { hash } from "node:crypto";
import { statSync } from "node:fs";
import path from "node:path";
import { type Logger, SluiceError } from "../../../core/contract/index.ts";
import { packageRoot, parseJsonObject, privateFolder, readPrivate, writePrivate } from "../../../core/kit/index.ts";
import { type Engine, statusOf } from "../engine/engine.ts";

/** Name of our own profile. Whoever administers the engine's machine loads it: no engine can be asked to. */
export const OWN_APPARMOR = "sluice-sandbox";
/** Where we ship it. */
export const OWN_APPARMOR_FILE = path.join(packageRoot, "plugins/docker-sandbox/apparmor", OWN_APPARMOR);
const NOT_LOADED = `the AppArmor profile ${OWN_APPARMOR} is not loaded on the engine's machine: its own default applies`;
/** gVisor and Kata run programs on kernels of their own, which know no AppArmor. */
const CONFINED = new Set(["runc", "crun"]);
/** Milliseconds for which what was found out counts for other processes too: asking takes as long as a tenth of a start. */
const KEPT_FOR = 600_000;

export interface AppArmorOptions {
  readonly engine: Engine;
  readonly log: Logger;
  readonly runtime: string;
  /** The profile that `apparmor:` names. */
  readonly named?: string | undefined;
  /** A folder that may be deleted at any time. */
  readonly cache?: string | undefined;
}

/** What is known of the engine's machine. */
interface AppArmorSupport {
  readonly engineHas: boolean;
  readonly isLoaded: boolean;
}

/**
 * Which AppArmor profile containers are given. The one that is named, or an error. Else our own, where the engine has
 * AppArmor and the profile is loaded; a container alone shows that. Else the engine's own, which is said.
 */
export class AppArmor {
  readonly #options: AppArmorOptions;
  #found: AppArmorSupport | undefined;
  #asked: Promise<AppArmorSupport> | undefined;

  constructor(options: AppArmorOptions) {
    this.#options = options;
  }

  /** Starts a container with the right profile. @throws SluiceError SLUICE_SANDBOX_APPARMOR_MISSING, as `launch` does */
  async confined<Started>(launch: (profile: string | undefined) => Promise<Started>): Promise<Started> {
    const { named, runtime, log } = this.#options;
    if (named !== undefined || !CONFINED.has(runtime)) return launch(named);
    const { engineHas, isLoaded } = await this.ask();
    if (!engineHas || !isLoaded) return launch(undefined);
    try {
      return await launch(OWN_APPARMOR);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "SLUICE_SANDBOX_APPARMOR_MISSING") throw error;
    }
    if (this.#found?.isLoaded !== false) {
      log.warn(NOT_LOADED);
      this.#keep({ engineHas, isLoaded: false });
    }
    return launch(undefined);
  }

  /** What the engine says of itself, once. A failure is not remembered. */
  ask(): Promise<AppArmorSupport> {
    if (this.#found) return Promise.resolve(this.#found);
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  async #ask(): Promise<AppArmorSupport> {
    const kept = this.#kept();
    const { engine, log } = this.#options;
    if (kept) {
      if (kept.engineHas && !kept.isLoaded) log.info(NOT_LOADED);
      this.#found = kept;
      return kept;
    }
    try {
      const { body } = await engine.call<EngineSecurity>("/info");
      this.#keep({ engineHas: hasAppArmor(body), isLoaded: true });
    } catch (error) {
      // Somebody who stands before the engine lets no such question through.
      if (statusOf(error) === undefined) throw error;
      log.warn("the engine does not tell whether it has AppArmor: its own default applies");
      this.#found = { engineHas: false, isLoaded: false };
    }
    return this.#found as AppArmorSupport;
  }

  #keep(found: AppArmorSupport): void {
    this.#found = found;
    const { cache } = this.#options;
    if (cache === undefined) return;
    try {
      writePrivate(path.join(privateFolder(cache), this.#name()), JSON.stringify({ ...found, at: Date.now() }));
    } catch {
      // A cache that cannot be written costs time alone.
    }
  }

  #kept(): AppArmorSupport | undefined {
    const { cache } = this.#options;
    if (cache === undefined) return undefined;
    try {
      const { engineHas, isLoaded, at } = parseJsonObject(readPrivate(path.join(cache, this.#name())), {
        from: "the cache",
      });
      const age = Date.now() - Number(at);
      if (!(age >= 0 && age < KEPT_FOR)) return undefined;
      return { engineHas: engineHas === true, isLoaded: isLoaded === true };
    } catch {
      return undefined;
    }
  }

  /** An engine that was started anew has another socket. */
  #name(): string {
    const { address } = this.#options.engine;
    const { ino, ctimeMs } = "socketPath" in address ? statSync(address.socketPath) : { ino: 0, ctimeMs: 0 };
    return `apparmor-${hash("sha256", `${address.text}\0${ino}\0${ctimeMs}`)}`;
  }
}

/** The part of `GET /info` that tells of security. */
export interface EngineSecurity {
  readonly SecurityOptions?: readonly string[] | null;
}

export function hasAppArmor({ SecurityOptions }: EngineSecurity): boolean {
  return (SecurityOptions ?? []).some((option) => /(^|[,=])apparmor($|,)/.test(option));
}

/** Why a container did not start, where that is a profile that is not loaded; every runtime has words of its own. */
export function appArmorFault(message: string, profile: string | undefined): SluiceError | undefined {
  if (profile === undefined || !/apparmor|\battr\/exec\b/i.test(message)) return undefined;
  if (!/no such file|not (been )?loaded|not found|does not exist|disabled|not supported/i.test(message))
    return undefined;
  const own = `As root on that machine: apparmor_parser -r -W ${OWN_APPARMOR_FILE}`;
  return new SluiceError(
    "SLUICE_SANDBOX_APPARMOR_MISSING",
    `the AppArmor profile ${profile} is not loaded on the engine's machine`,
    profile === OWN_APPARMOR ? { cure: own } : {},
  );
}
