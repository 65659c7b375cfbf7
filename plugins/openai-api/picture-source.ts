import type { Logger } from "../../core/contract/index.ts";
import { ReachRules } from "../../core/kit/index.ts";
import type { OpenaiApiConfig } from "./config.generated.ts";
import type { WantedPicture } from "./messages.ts";
import { RefusedParameter } from "./parameters.ts";
import { type FetchedPicture, fetchPicture, PictureError } from "./pictures.ts";

/** The pictures that clients name by their address, as far as the profile lets them be fetched. */
export class PictureSource {
  readonly #config: OpenaiApiConfig["pictures"];
  readonly #rules: ReachRules;
  readonly #log: Logger;

  constructor(config: OpenaiApiConfig["pictures"], log: Logger) {
    this.#config = config;
    this.#rules = new ReachRules(config.from, "pictures.from");
    this.#log = log;
  }

  /** Fetches all, or none is used. @throws RefusedParameter for one of those that cannot be had */
  async fetchAll(wanted: readonly WantedPicture[], signal: AbortSignal): Promise<void> {
    const { most } = this.#config;
    const beyond = wanted[most];
    if (beyond !== undefined) {
      const cure = "Send fewer, or send them as data: URLs.";
      throw new RefusedParameter(beyond.param, `a request may name ${most} pictures by their address`, cure);
    }
    await Promise.all(
      wanted.map(async ({ url, param, file }) => {
        const { ending, content } = await this.#fetch(url, signal).catch((error: Error) => {
          const cure = "Send it as a data: URL; or the profile lists its host in pictures.from of openai-api.";
          throw new RefusedParameter(param, `the picture at ${param} was not fetched: ${error.message}`, cure);
        });
        file.path = `${file.path}.${ending}`;
        file.content = content;
      }),
    );
  }

  /** @throws PictureError */
  async #fetch(url: string, signal: AbortSignal): Promise<FetchedPicture> {
    // A name that is nowhere allowed is not even looked up.
    if (this.#config.from.length === 0) throw new PictureError("addresses are not fetched here");
    try {
      return await fetchPicture(url, this.#rules, this.#config, signal);
    } catch (error) {
      const { cause, message } = error as Error;
      // An address may hold a secret of its own; the host says enough.
      const host = URL.canParse(url) ? new URL(url).host : "";
      this.#log.warn("a picture was not fetched", { host, reason: cause instanceof Error ? cause.message : message });
      throw error;
    }
  }
}
