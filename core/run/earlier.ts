import type { Conversation, Message, NoteMessage, UserMessage } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { EventData, RunEvent } from "../contract/event.ts";
import type { OpenOptions } from "../contract/run.ts";
import { ConversationFold, emptyConversation, settle } from "../flow/fold.ts";
import { codeBlockOf } from "../flow/program-input.ts";
import type { Journals } from "../journal/journal.ts";
import { cutText } from "../kit/text/cut-text.ts";
import type { Session } from "./sessions.ts";

/** Messages and runs that are read back at most: a session remembers no more of what was said in it. */
const most = { messages: 400, runs: 400 };

export interface EarlierOptions {
  readonly journals: Pick<Journals, "follow" | "hold">;
  readonly mayRead: ((run: string, owner: string | undefined) => void) | undefined;
  /** Loss of what earlier runs had made in the sandbox. */
  readonly gone: "nothing" | "variables" | "all";
  /** Reading stops when this resolves. */
  readonly until: Promise<unknown>;
}

/** What a run was asked, as models are told it. */
export function askedMessage(input: EventData["run-start"]["input"]): UserMessage {
  const files = input.files && input.files.length > 0 ? { files: input.files } : {};
  if (input.code === undefined) return { role: "user", at: 1, text: input.text ?? "", ...files };
  return { role: "user", at: 1, text: "", code: codeBlockOf({ ...input, code: input.code }), ...files };
}

/**
 * The conversation that ends with `run`, made again of its journal and of those it went on from.
 *
 * @throws SluiceError SLUICE_RUN_NOT_FOUND where a journal is not there or has a hole, and what `mayRead` throws
 */
async function conversationOf(run: string | null, options: EarlierOptions): Promise<Conversation> {
  if (run === null) return emptyConversation;
  const stop = new AbortController();
  void options.until.then(() => stop.abort());
  const known = new Set<string>();
  let messages: readonly Message[] = [];
  for (let next: string | null = run; next !== null && !known.has(next); ) {
    known.add(next);
    // Whoever goes on from this run later needs what it went on from.
    void options.until.then(options.journals.hold(next));
    const turn: EarlierTurn = await turnOf(next, options, stop.signal);
    messages = [...turn.messages, ...messages];
    next = messages.length < most.messages && known.size < most.runs ? turn.before : null;
  }
  if (stop.signal.aborted) throw new SluiceError("SLUICE_RUN_CANCELLED", "the run ended before its turn came");
  const { gone } = options;
  const isLost = gone !== "nothing" && messages.some(({ role }) => role === "execution");
  return settle({ messages: isLost ? [...messages, lostSandbox(gone)] : messages });
}

interface EarlierTurn {
  readonly messages: readonly Message[];
  readonly before: string | null;
}

async function turnOf(run: string, { journals, mayRead }: EarlierOptions, signal: AbortSignal): Promise<EarlierTurn> {
  let fold: ConversationFold | undefined;
  let before: string | null = null;
  for await (const page of journals.follow(run, 0, signal)) {
    if (page.kind === "gap") {
      throw new SluiceError("SLUICE_RUN_NOT_FOUND", `the run ${cutText(run, 60)} is no longer whole: ${page.reason}`, {
        cure: "Go on from a later run, or begin a new conversation.",
      });
    }
    for (const { event } of page.entries) {
      if (event.type === "run-start") {
        mayRead?.(run, event.data.owner);
        fold = new ConversationFold({ messages: [askedMessage(event.data.input)] });
        before = event.data.continues ?? null;
      } else fold?.add(event as Exclude<RunEvent, { type: "gap" }>, event.seq);
    }
  }
  return { messages: fold?.conversation.messages ?? [], before };
}

/** A model that trusts in variables of a sandbox that has been closed would only fail. */
function lostSandbox(gone: "variables" | "all"): NoteMessage {
  const what =
    gone === "all" ? "variables and files that were made before are gone" : "variables are gone, files are there";
  return {
    ...{ role: "note", at: 0, source: "core", code: "SLUICE_SANDBOX_CLOSED" },
    text: `The sandbox has been started anew since: ${what}.`,
  };
}

/** Makes the session remember what a run in it goes on from, where it does not. */
export async function recall(
  session: Session,
  { continues, mayRead }: Pick<OpenOptions, "continues" | "mayRead">,
  reading: Pick<EarlierOptions, "journals" | "until">,
): Promise<void> {
  const { left, spoken } = session;
  session.left = undefined;
  const goesOn = continues === undefined && left !== undefined ? spoken : continues;
  if (goesOn === undefined || (goesOn === spoken && left === undefined)) return;
  const isFresh = session.sandboxes.ids.length === 0;
  // What was said in the session may be read by whoever may use it.
  const own = goesOn === spoken;
  session.conversation = await conversationOf(goesOn, {
    ...reading,
    mayRead: own ? undefined : mayRead,
    gone: isFresh ? (left ?? "all") : "nothing",
  });
  session.spoken = goesOn;
}
