import type { Conversation } from "../../../core/contract/conversation.ts";
import type { Emission } from "../../../core/contract/event.ts";
import { ConversationFold, emptyConversation } from "../../../core/flow/fold.ts";

/** The conversation that these events make. */
export function foldedOf(events: Iterable<Emission & { readonly seq?: number }>): Conversation {
  const folding = new ConversationFold(emptyConversation);
  let count = 0;
  for (const event of events) {
    count += 1;
    folding.add(event, event.seq ?? count);
  }
  return folding.conversation;
}
