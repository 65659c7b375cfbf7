import { concatMap, from, type Observable, of } from "rxjs";
import { type CodeBlock, type Emission, SluiceError, type Stage, type StageRun } from "../../core/contract/index.ts";
import type { ApproveConfig } from "./config.generated.ts";
import { decide } from "./rules.ts";
import { WrittenCode } from "./written-code.ts";

/**
 * Stands between a model and a sandbox. Everything a model says passes at once; only the end of an answer with code waits
 * for the decision. What is refused becomes an error that models read, in place of what the code would have printed.
 */
export class ApproveStage implements Stage {
  readonly #id: string;
  #config: ApproveConfig;

  constructor(id: string, config: ApproveConfig) {
    this.#id = id;
    this.#config = config;
  }

  apply(events: Observable<Emission>, run: StageRun): Observable<Emission> {
    const written = new WrittenCode();
    return events.pipe(
      concatMap((event) => {
        const blocks = written.take(event);
        return blocks.length === 0 ? of(event) : from(this.#judge(event, blocks, run)).pipe(concatMap((all) => all));
      }),
    );
  }

  async #judge(end: Emission, blocks: readonly CodeBlock[], run: StageRun): Promise<Emission[]> {
    const refusal = await this.#refusal(blocks, run);
    if (refusal === undefined) return [end];
    const place = { source: this.#id, ...(end.branch === undefined ? {} : { branch: end.branch }) };
    const error = new SluiceError("SLUICE_CODE_REFUSED", refusal);
    return [end, { ...place, type: "error", data: error.toBody() }];
  }

  /** Why not all of the blocks may run. They belong together: one that is refused stops all. */
  async #refusal(blocks: readonly CodeBlock[], run: StageRun): Promise<string | undefined> {
    const decisions = blocks.map((block) => decide(this.#config, block));
    const refused = decisions.find(({ verdict }) => verdict === "refuse");
    if (refused) return `It was refused: ${refused.reason ?? "no code is run here"}.`;
    for (const [index, block] of blocks.entries()) {
      const { language, code } = block;
      const { verdict, reason } = decisions[index] ?? { verdict: "ask" };
      if (verdict !== "ask") continue;
      const message = `Run this ${language} code?${reason === undefined ? "" : ` (${reason})`}`;
      const answer = await run.ask({ message, code, language });
      const changed = answer.code === undefined ? undefined : decide(this.#config, { ...block, code: answer.code });
      if (changed?.verdict === "refuse") return `It was refused: ${changed.reason ?? "no code is run here"}.`;
      if (!answer.approved) return `It was refused${answer.message ? `: ${answer.message}` : ""}.`;
    }
    return undefined;
  }

  reconfigure(config: ApproveConfig): void {
    this.#config = config;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
