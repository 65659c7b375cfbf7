import { useCallback, useEffect, useRef, useState } from "react";
import type { TurnRecord } from "./conversation-tree.ts";
import { client, connection } from "./hub.ts";
import { namedSession } from "./run-commands.ts";
import { type Refusal, refusalOf, request } from "./session.ts";
import { Store, useStore } from "./store.ts";

/** What this page has just asked, until the host tells it too. */
export const justAsked = new Store<readonly TurnRecord[]>([]);

export interface Conversation {
  readonly turns: readonly TurnRecord[] | undefined;
  /** Whether the host told all of it. */
  readonly isWhole: boolean;
  /** Sessions that have a sandbox now. */
  readonly open: readonly string[];
  readonly refusal?: Refusal;
}

interface Told {
  readonly of: string;
  readonly turns: readonly TurnRecord[];
  readonly isWhole: boolean;
  readonly open: readonly string[];
}

/** The runs of a conversation, in the order in which they were asked; read again when one begins or ends, or a sandbox. */
export function useConversation(name: string): Conversation {
  const [told, setTold] = useState<Told>();
  const [refusal, setRefusal] = useState<Refusal>();
  const own = useStore(justAsked);
  const asked = useRef(0);
  const read = useCallback(async () => {
    asked.current += 1;
    const turn = asked.current;
    try {
      const answer = await request<Omit<Told, "of">>("GET", `conversations/${encodeURIComponent(name)}`);
      // Answers may pass each other: the one that was asked for last is the newest.
      if (turn !== asked.current) return;
      setTold({ ...answer, of: name });
      setRefusal(undefined);
    } catch (error) {
      if (turn === asked.current) setRefusal(refusalOf(error));
    }
  }, [name]);
  useReadAgain(read, (session) => session === undefined || laneOf(session) === name, {
    ...{ types: ["run-start", "run-end", "sandbox-status"], pause: 300 },
  });
  const current = told?.of === name ? told : undefined;
  const known = new Set(current?.turns.map(({ run }) => run));
  const fresh = own.filter(({ run, session }) => laneOf(session) === name && !known.has(run));
  return {
    turns: current === undefined && fresh.length === 0 ? undefined : [...(current?.turns ?? []), ...fresh],
    isWhole: current?.isWhole ?? true,
    open: current?.open ?? [],
    ...(refusal === undefined || current !== undefined ? {} : { refusal }),
  };
}

/** The conversation that a session belongs to. */
function laneOf(session: string): string {
  return session.replace(/~[2-8]$/, "");
}

export interface ConversationEntry {
  readonly name: string;
  readonly title: string;
  readonly last: string;
  readonly flow: string;
  /** Its runs that have not ended. */
  readonly running: readonly string[];
}

/** Conversations, the last used one first. */
export function useConversations(search: string): {
  readonly conversations?: readonly ConversationEntry[];
  readonly isWhole?: boolean;
  readonly readAgain: () => void;
} {
  const [state, setState] = useState<{ conversations?: readonly ConversationEntry[]; isWhole?: boolean }>({});
  const asked = useRef(0);
  const read = useCallback(async () => {
    asked.current += 1;
    const turn = asked.current;
    try {
      const answer = await request<typeof state>("GET", `conversations?q=${encodeURIComponent(search)}`);
      // A shorter word may be looked for longer than the whole one that was asked for after it.
      if (turn === asked.current) setState(answer);
    } catch {
      // The screen beside the list says that the host does not answer.
    }
  }, [search]);
  useReadAgain(read, (session) => session === undefined || namedSession(session) !== undefined, {
    ...{ types: ["run-start", "run-end"], pause: 1_000 },
  });
  return { ...state, readAgain: () => void read() };
}

/** Reads now, after each connection, and `pause` milliseconds after events of these types that count. */
function useReadAgain(
  read: () => Promise<void>,
  counts: (session: string | undefined) => boolean,
  { types, pause }: { readonly types: string[]; readonly pause: number },
): void {
  const connected = useStore(client);
  const { state } = useStore(connection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what counts is told by what is read
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (state === "open") void read();
    const subscription = connected?.watch({ filter: { types } }).subscribe({
      next: ({ entries }) => {
        const sessions = entries.map(({ event }) => (event["data"] as { session?: string } | undefined)?.session);
        if (!sessions.some(counts)) return;
        timer ??= setTimeout(() => {
          timer = undefined;
          void read();
        }, pause);
      },
      error: () => undefined,
    });
    return () => {
      clearTimeout(timer);
      subscription?.unsubscribe();
    };
  }, [connected, state, read, pause]);
}
