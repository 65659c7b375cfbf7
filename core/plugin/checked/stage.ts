import { tap } from "rxjs";
import type { Emission } from "../../contract/event.ts";
import type { Stage, StageRun } from "../../contract/stage.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import { demandEventData, isEventType, printed } from "./event-data.ts";
import { brokenContract, kindOf, type Party } from "./fault.ts";
import { checkedStream } from "./stream.ts";

/** What the core alone says: how a run and its branches begin and end, and what is missing. */
const ofTheCore: ReadonlySet<string> = new Set(["run-start", "run-end", "branch-start", "branch-end", "gap"]);

/** What came to a stage, which it may pass on, changed or not. */
interface StageState {
  readonly sources: Set<unknown>;
  readonly types: Set<string>;
}

/** A stage whose events keep the contract, or that ends its run with an error that names it. */
export function checkedStage(party: Party, stage: Stage): Stage {
  return {
    apply(events, run) {
      const seen: StageState = { sources: new Set([party.id]), types: new Set() };
      let asking = 0;
      let over = false;
      const before = events.pipe(
        tap({
          next: ({ source, type }) => {
            seen.sources.add(source);
            seen.types.add(type);
          },
          finalize: () => {
            over = true;
          },
        }),
      );
      const ask: StageRun["ask"] = async (question) => {
        asking += 1;
        try {
          return await run.ask(question);
        } finally {
          asking -= 1;
        }
      };
      return checkedStream<Emission>({
        party,
        step: "apply",
        source: () => stage.apply(before, { ...run, ask }),
        check: (event) => demandEmission(party, event, seen),
        silence: party.callTimeout,
        // While the step before it goes on, or a person is asked, it is not the stage that is slow.
        waits: () => !over || asking > 0,
      });
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

function demandEmission(party: Party, event: unknown, seen: StageState): void {
  const broken = (what: string) => brokenContract(party, "apply", what);
  if (!isJsonObject(event)) throw broken(`emitted ${kindOf(event)}, and not an event`);
  const { type, source, data } = event;
  if (!isEventType(type)) throw broken(`emitted an event of type ${printed(type)}`);
  if (ofTheCore.has(type) && !seen.types.has(type)) throw broken(`emitted ${type}, which the core alone does`);
  if (!seen.sources.has(source)) throw broken(`emitted ${type} in the name of ${printed(source)}`);
  demandEventData(party, "apply", type, data);
}
