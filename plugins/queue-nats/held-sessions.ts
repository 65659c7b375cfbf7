import type { Clock, Logger, QueueHost, SessionClaims } from "../../core/contract/index.ts";
import { type ClusterLink, parseJsonObject } from "../../core/kit/index.ts";
import { persist } from "./persist.ts";

export interface HeldSessionsOptions {
  readonly link: ClusterLink;
  readonly host: QueueHost;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Times in each silence that a host looks whether its sessions are still its own. */
const looksPerSilence = 3;

/** The sessions that this host has among those of the cluster. */
export class HeldSessions implements SessionClaims {
  readonly #options: HeldSessionsOptions;
  readonly #signal: AbortSignal;
  readonly #held = new Set<string>();

  constructor(options: HeldSessionsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async claim(session: string): Promise<string> {
    const { link, clock } = this.#options;
    const holder = await persist(() => link.claim(session), { link, clock, signal: this.#signal });
    if (holder === link.host) this.#held.add(session);
    return holder;
  }

  holder(session: string): Promise<string | undefined> {
    return this.#options.link.holder(session);
  }

  release(session: string): void {
    if (!this.#held.delete(session)) return;
    void this.#options.link.release(session).catch(() => undefined);
  }

  async leave(session: string, left: unknown): Promise<void> {
    const { link } = this.#options;
    await link.keep(leftName(session), Buffer.from(JSON.stringify(left)));
    this.#held.delete(session);
    await link.release(session);
  }

  async left(session: string): Promise<unknown> {
    const data = await this.#options.link.kept(leftName(session));
    return data && parseJsonObject(Buffer.from(data).toString(), { from: "a host of the cluster" });
  }

  forget(session: string): Promise<void> {
    return this.#options.link.drop(leftName(session));
  }

  /** Whoever was silent for too long, because it was cut off or slept, may have lost its sessions to others. */
  async watch(): Promise<void> {
    const { link, clock, host, log } = this.#options;
    while (!this.#signal.aborted) {
      await clock.sleep(link.silence / looksPerSilence, this.#signal).catch(() => undefined);
      try {
        for (const session of link.connected && !this.#signal.aborted ? this.#held : []) {
          const holder = await link.holder(session);
          if (holder === link.host || !this.#held.has(session)) continue;
          if (holder === undefined) await link.claim(session);
          else if (this.#held.delete(session)) host.sessionTaken(session, holder);
        }
      } catch (error) {
        log.debug("the sessions of this host cannot be looked at", { error });
      }
    }
  }
}

function leftName(session: string): string {
  return `session/${Buffer.from(session).toString("base64url")}`;
}
