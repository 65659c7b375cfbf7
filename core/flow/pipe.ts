import { concat, defer, tap } from "rxjs";
import type { Conversation } from "../contract/conversation.ts";
import { fold } from "./fold.ts";
import type { Step } from "./step.ts";

/** `[a, b]`: b gets the conversation folded over a's events. */
export function pipe(first: Step, second: Step): Step {
  return (turn) =>
    defer(() => {
      let conversation: Conversation = turn.conversation;
      return concat(
        first(turn).pipe(
          tap((event) => {
            conversation = fold(conversation, event, turn.scope.nextSeq());
          }),
        ),
        defer(() => second({ ...turn, conversation })),
      );
    });
}
