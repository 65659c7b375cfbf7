import { useCallback, useEffect, useRef, useState } from "react";
import type { Problem } from "../../../../core/contract/index.ts";
import { connection } from "./hub.ts";
import { ApiError, type Refusal, refusalOf, request } from "./session.ts";
import { useStore } from "./store.ts";

interface ProfileText {
  readonly file: string;
  readonly text: string;
  readonly revision: string;
  readonly origins: Readonly<Record<string, string>>;
  readonly undo: boolean;
  readonly outline: Outline;
}

/** What the text says for each instance. */
export type Outline = Readonly<
  Record<string, { readonly line: number; readonly use?: string; readonly options: Readonly<Record<string, unknown>> }>
>;

export interface Change {
  readonly instance: string;
  readonly action: "add" | "live" | "restart" | "drop" | "host";
  readonly options: readonly string[];
}

interface Check {
  readonly problems: readonly Problem[];
  readonly changes: readonly Change[];
  readonly outline: Outline;
}

interface Outcome extends Check {
  readonly status: "applied" | "rejected" | "rolled-back";
}

export interface ProfileDraft {
  readonly profile: ProfileText | undefined;
  readonly text: string;
  readonly check: Check;
  /** What was changed last is being written into the text, or judged. */
  readonly checking: boolean;
  /** A field was changed, and the text does not have it yet. */
  readonly editing: boolean;
  readonly conflict: boolean;
  readonly refusal: Refusal | undefined;
  setText(text: string): void;
  edit(pointer: string, value: unknown): Promise<void>;
  /** Resolves with the outcome, or undefined when it was refused. */
  apply(): Promise<Outcome | undefined>;
  undo(): Promise<Outcome | undefined>;
  /** Takes the file as it is now; what was not applied is lost. */
  reload(): Promise<void>;
}

/** What is not applied yet outlives a reload of the tab, and the way to another screen. */
const drafts = {
  key: "sluice-profile-draft",
  read(): { readonly revision: string; readonly text: string } | undefined {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) ?? "null") ?? undefined;
    } catch {
      return undefined;
    }
  },
  write(draft: { readonly revision: string; readonly text: string }): void {
    sessionStorage.setItem(this.key, JSON.stringify(draft));
  },
  forget(): void {
    sessionStorage.removeItem(this.key);
  },
};

function orBefore(outline: Outline, before: Outline): Outline {
  return Object.keys(outline).length === 0 ? before : outline;
}

const nothing: Check = { problems: [], changes: [], outline: {} };

type Attempt = <Result>(work: () => Promise<Result>) => Promise<Result | undefined>;

/** Requests whose refusal is shown on the screen; somebody else's change of the file is a conflict. */
function useAttempt() {
  const [conflict, setConflict] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const attempt: Attempt = useCallback(async (work) => {
    try {
      const result = await work();
      setRefusal(undefined);
      return result;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) setConflict(true);
      else setRefusal(refusalOf(error));
      return undefined;
    }
  }, []);
  return { attempt, conflict, setConflict, refusal };
}

/** What the host says of the text, a moment after the last change. */
function useCheck(profile: ProfileText | undefined, text: string, attempt: Attempt) {
  const [check, setCheck] = useState<Check>(nothing);
  // The text that was judged last. An effect that says "not judged yet" would come a frame after the text itself.
  const [judged, setJudged] = useState<string>();
  const checking = profile !== undefined && text !== profile.text && text !== judged;
  useEffect(() => {
    if (profile === undefined) return;
    if (text === profile.text) {
      setCheck({ ...nothing, outline: profile.outline });
      setJudged(undefined);
      return;
    }
    let over = false;
    const timer = setTimeout(async () => {
      const verdict = await attempt(() => request<Check>("POST", "profile/check", { text }));
      if (over) return;
      setJudged(text);
      // A text that cannot be read says nothing of any option: the form stays as it was.
      if (verdict !== undefined)
        setCheck(({ outline }) => ({ ...verdict, outline: orBefore(verdict.outline, outline) }));
    }, 350);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text, profile, attempt]);
  return { check, setCheck, checking };
}

/** Keeps what is not applied yet. */
function useKept(profile: ProfileText | undefined, text: string): void {
  useEffect(() => {
    if (profile === undefined) return;
    if (text === profile.text) drafts.forget();
    else drafts.write({ revision: profile.revision, text });
  }, [text, profile]);
}

/** Milliseconds without a further change after which one is written into the text. */
const calm = 250;

/** Edits of the text by the host, one after the other; while somebody writes, the newest of each option waits. */
function useEdits(latest: React.RefObject<string>, setText: (text: string) => void, attempt: Attempt) {
  const wanted = useRef(new Map<string, unknown>());
  const queue = useRef<Promise<void>>(Promise.resolve());
  const changed = useRef(0);
  const [editing, setEditing] = useState(false);
  const edit = useCallback(
    (pointer: string, value: unknown) => {
      changed.current = performance.now();
      const waits = wanted.current.has(pointer);
      wanted.current.set(pointer, value);
      if (waits) return queue.current;
      const write = async () => {
        for (let rest = calm; rest > 0; rest = changed.current + calm - performance.now())
          await new Promise((resolve) => setTimeout(resolve, rest));
        const body = { text: latest.current, pointer, value: wanted.current.get(pointer) ?? null };
        wanted.current.delete(pointer);
        const edited = await attempt(() => request<{ text: string }>("POST", "profile/edit", body));
        if (edited !== undefined) {
          latest.current = edited.text;
          setText(edited.text);
        }
        if (wanted.current.size === 0) setEditing(false);
      };
      setEditing(true);
      queue.current = queue.current.then(write);
      return queue.current;
    },
    [latest, setText, attempt],
  );
  return { edit, editing };
}

interface Outcomes {
  readonly attempt: Attempt;
  readonly reload: () => Promise<void>;
  readonly setCheck: (check: Check) => void;
}

/** Applying, and taking it back. The file is read anew after either. */
function useOutcomes(
  latest: React.RefObject<string>,
  profile: ProfileText | undefined,
  { attempt, reload, setCheck }: Outcomes,
) {
  const finish = useCallback(
    async (path: string, body: unknown) => {
      const outcome = await attempt(() => request<Outcome>("POST", path, body));
      if (outcome?.status === "applied") await reload();
      else if (outcome !== undefined) setCheck(outcome);
      return outcome;
    },
    [attempt, reload, setCheck],
  );
  const apply = useCallback(
    () => finish("profile/apply", { text: latest.current, revision: profile?.revision ?? "" }),
    [latest, finish, profile],
  );
  const undo = useCallback(() => finish("profile/undo", {}), [finish]);
  return { apply, undo };
}

interface Reading {
  readonly attempt: Attempt;
  readonly profile: ProfileText | undefined;
  readonly latest: React.RefObject<string>;
  readonly setProfile: (profile: ProfileText) => void;
  readonly setText: (text: string) => void;
  readonly setConflict: (conflict: boolean) => void;
}

/**
 * Reads the file when the screen is opened, and whenever the host is back. What was not applied stays. It is judged anew,
 * and is in conflict where somebody changed the file meanwhile.
 */
function useReading({ attempt, profile, latest, setProfile, setText, setConflict }: Reading): void {
  const { state } = useStore(connection);
  const known = useRef(profile);
  known.current = profile;
  useEffect(() => {
    let isLeft = false;
    const read = async () => {
      const before = known.current;
      const draft = before === undefined ? drafts.read() : { revision: before.revision, text: latest.current };
      const now = await attempt(() => request<ProfileText>("GET", "profile"));
      if (now === undefined || isLeft) return;
      const isChanged = draft !== undefined && draft.text !== (before?.text ?? now.text) && draft.text !== now.text;
      setProfile(now);
      // What was typed while the file was read counts too.
      if (!isChanged && latest.current === (before?.text ?? "")) setText(now.text);
      else if (before === undefined && draft !== undefined) setText(draft.text);
      if (isChanged && draft.revision !== now.revision) setConflict(true);
    };
    if (state === "open") void read();
    return () => {
      isLeft = true;
    };
  }, [state, attempt, latest, setProfile, setText, setConflict]);
}

/** The profile as a draft: changed here, checked by the host, applied when one says so. */
export function useProfile(): ProfileDraft {
  const [profile, setProfile] = useState<ProfileText>();
  const [text, setText] = useState("");
  const latest = useRef(text);
  latest.current = text;

  const { attempt, conflict, setConflict, refusal } = useAttempt();

  const { check, setCheck, checking } = useCheck(profile, text, attempt);

  const reload = useCallback(async () => {
    const read = await attempt(() => request<ProfileText>("GET", "profile"));
    if (read === undefined) return;
    drafts.forget();
    setProfile(read);
    setText(read.text);
    setConflict(false);
    setCheck({ ...nothing, outline: read.outline });
  }, [attempt, setCheck, setConflict]);

  useReading({ attempt, profile, latest, setProfile, setText, setConflict });

  useKept(profile, text);

  const { edit, editing } = useEdits(latest, setText, attempt);

  const { apply, undo } = useOutcomes(latest, profile, { attempt, reload, setCheck });
  return {
    profile,
    text,
    check,
    checking: checking || editing,
    editing,
    conflict,
    refusal,
    setText,
    edit,
    apply,
    undo,
    reload,
  };
}
