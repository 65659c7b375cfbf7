import { SluiceError } from "../contract/errors.ts";
import type { Emission, EmissionOf } from "../contract/event.ts";

/** Where a program asked, and whether nobody may read the answer. */
export interface Question {
  readonly source: string;
  readonly branch?: string;
  readonly secret: boolean;
}

/** What the programs of a run ask and nobody has answered yet, oldest first, by the `seq` of the request. */
export class Questions {
  readonly #asked = new Map<number, Question>();

  add({ source, branch, data }: EmissionOf<"input-request">, seq: number): void {
    const secret = data.secret ?? false;
    this.#asked.set(seq, { source, secret, ...(branch === undefined ? {} : { branch }) });
  }

  /**
   * The one that is answered now: that of `seq`, else the oldest; none where no program has asked.
   * @throws SluiceError SLUICE_RUN_NOT_WAITING for a `seq` that does not wait
   */
  take(seq: number | undefined): Question | undefined {
    const [oldest = 0] = this.#asked.keys();
    const asked = this.#asked.get(seq ?? oldest);
    if (asked === undefined && seq !== undefined) {
      throw new SluiceError("SLUICE_RUN_NOT_WAITING", "no program of the run waits for that input");
    }
    this.#asked.delete(seq ?? oldest);
    return asked;
  }

  /** A program that has ended asks no more. */
  forget({ source, branch }: Emission): void {
    for (const [seq, asked] of this.#asked)
      if (asked.source === source && asked.branch === branch) this.#asked.delete(seq);
  }
}
