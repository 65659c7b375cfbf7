import { concat, defer, EMPTY, type Observable, tap } from "rxjs";
import type { Conversation, ExecutionMessage, ModelMessage } from "../contract/conversation.ts";
import type { Emission } from "../contract/event.ts";
import { succeeded } from "../kit/transcript/index.ts";
import { ConversationFold } from "./fold.ts";
import type { Step } from "./step.ts";

export interface LoopOptions {
  readonly until: "done" | "passes";
  readonly max: number;
  /** Whether anything in the body runs code; a loop of models alone goes on to its `max`. */
  readonly runsCode: boolean;
}

/**
 * `loop`: the body again and again, until the model writes no more code (`done`) or its code exits 0 (`passes`). It also
 * stops on the same code or the same error twice running: a model that repeats itself will not get further.
 */
export function loop(body: Step, options: LoopOptions): Step {
  return (turn) => {
    const iteration = (before: Conversation, count: number, previous: Outcome | undefined): Observable<Emission> =>
      defer(() => {
        const folding = new ConversationFold(before);
        return concat(
          body({ ...turn, conversation: before }).pipe(tap((event) => folding.add(event, turn.scope.nextSeq(event)))),
          defer(() => {
            const { conversation } = folding;
            const outcome = outcomeOf(conversation, before.messages.length);
            const over = count >= options.max || turn.scope.signal.aborted || isOver(options, outcome, previous);
            return over ? EMPTY : iteration(conversation, count + 1, outcome);
          }),
        );
      });
    return iteration(turn.conversation, 1, undefined);
  };
}

interface Outcome {
  readonly code: string;
  readonly passed: boolean;
  readonly error: string;
  /** Whether the last answer's code was not run, and the model was told why. */
  readonly refused: boolean;
}

function isOver(options: LoopOptions, outcome: Outcome, previous: Outcome | undefined): boolean {
  if (!options.runsCode) return false;
  if (outcome.code === "" && !outcome.refused) return true;
  if (options.until === "passes" && outcome.passed) return true;
  if (!previous) return false;
  if (outcome.refused) return outcome.error === previous.error && outcome.code === previous.code;
  return outcome.code === previous.code || (outcome.error !== "" && outcome.error === previous.error);
}

function outcomeOf(conversation: Conversation, from: number): Outcome {
  const added = conversation.messages.slice(from);
  const answers = added.filter((message): message is ModelMessage => message.role === "model");
  const runs = added.filter((message): message is ExecutionMessage => message.role === "execution");
  const last = runs.at(-1);
  const refusal = added.findLast(({ role }) => role !== "model");
  const refused = refusal?.role === "note";
  const passed = succeeded(last);
  return {
    code: (answers.at(-1)?.code ?? []).map((block) => `${block.language}\n${block.code.trim()}`).join("\n"),
    passed: passed && !refused,
    error: refused
      ? refusal.text
      : last && !passed
        ? (last.error ?? `${last.status} ${last.exitCode}\n${last.stderr}`)
        : "",
    refused,
  };
}
