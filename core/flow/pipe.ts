import { concat, defer, tap } from "rxjs";
import { ConversationFold } from "./fold.ts";
import type { Step } from "./step.ts";

/** `[a, b]`: b gets the conversation folded over a's events. */
export function pipe(first: Step, second: Step): Step {
  return (turn) =>
    defer(() => {
      const folding = new ConversationFold(turn.conversation);
      return concat(
        first(turn).pipe(tap((event) => folding.add(event, turn.scope.nextSeq(event)))),
        defer(() => second({ ...turn, conversation: folding.conversation })),
      );
    });
}
