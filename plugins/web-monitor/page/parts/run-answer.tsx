import { type RefObject, useEffect, useId, useRef, useState } from "react";
import type { TranscriptEventOf } from "../../../../core/kit/transcript/index.ts";
import { isSending } from "../chat/keys.ts";
import { forgetDraft, useDraft } from "../lib/drafts.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { may, refusalOf } from "../lib/session.ts";
import { CodeBox } from "../rich/code-box.tsx";
import { Ago, Button, Until } from "./basics.tsx";
import { say } from "./dialog.tsx";

type Question = TranscriptEventOf<"input-request" | "approval-request">;
type Answer = Exclude<Parameters<NonNullable<ReturnType<typeof client.get>>["input"]>[1], { kind: "message" }>;

/** The run waits for a person: this is where the answer goes. */
export function AnswerForm({ run, event }: { readonly run: string; readonly event: Question }) {
  // The question that was answered here: until the run tells so, it is not asked a second time.
  const [answered, setAnswered] = useState<number>();
  const disabled = !may("run") || answered === event.seq;
  const draft = `answer ${run} ${event.seq}`;
  const answer = async (value: Answer): Promise<void> => {
    setAnswered(event.seq);
    try {
      await client.get()?.input(run, { ...value, question: event.seq });
      forgetDraft(draft);
    } catch (error) {
      setAnswered(undefined);
      say(refusalOf(error).message, "bad");
    }
  };
  const typed = useTypedAhead(run, event, (text) => void answer({ kind: "stdin", text }));
  return event.type === "approval-request" ? (
    <Approval key={event.seq} {...{ event, answer, disabled, draft }} />
  ) : (
    <Line key={event.seq} {...{ event, answer, disabled, draft, typed }} />
  );
}

/** Lines that were pasted for questions that the program has not asked yet, by run and place. */
const typedAhead = new Map<string, string[]>();

/** Gives the next of them to a question that comes; none of them to one whose answer is secret. Returns how to keep some. */
function useTypedAhead(run: string, { type, seq, source, branch, data }: Question, give: (line: string) => void) {
  const place = `${run}\n${source}\n${branch ?? ""}`;
  const isPlain = type === "input-request" && !("secret" in data && data.secret);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each question takes one line
  useEffect(() => {
    const line = isPlain ? typedAhead.get(place)?.shift() : undefined;
    if (line === undefined) typedAhead.delete(place);
    else give(line);
  }, [place, seq]);
  return (lines: string[]) => typedAhead.set(place, lines);
}

interface AnswerProps<Type extends Question["type"]> {
  readonly event: TranscriptEventOf<Type>;
  readonly answer: (value: Answer) => Promise<void>;
  readonly disabled: boolean;
  /** Under what the browser keeps what is half written. */
  readonly draft: string;
}

/** Since when it waits, and until when. */
function Waiting({ event: { time, data } }: { readonly event: Question }) {
  return (
    <small className="muted">
      {time === undefined ? null : (
        <>
          {t("asked")} <Ago time={time} />
        </>
      )}
      {data.until === undefined ? null : (
        <>
          {" · "}
          <Until time={data.until} />
        </>
      )}
    </small>
  );
}

/** The code that is asked about, as a field where it is being changed. */
function AskedCode({
  language,
  code,
  edited,
  onEdit,
}: {
  readonly language: string;
  readonly code: string;
  readonly edited: string | undefined;
  readonly onEdit: (code: string) => void;
}) {
  if (edited === undefined) return <CodeBox language={language} text={code} />;
  return (
    <textarea
      className="mono"
      rows={Math.min(20, edited.split("\n").length + 1)}
      value={edited}
      spellCheck={false}
      aria-label={t("The code that runs")}
      onChange={(change) => onEdit(change.target.value)}
    />
  );
}

function Approval({ event, answer, disabled, draft }: AnswerProps<"approval-request">) {
  const [{ text, edited, always }, change] = useDraft<{ text: string; edited?: string | undefined; always: boolean }>(
    draft,
    { text: "", always: false },
  );
  const { message, code, language } = event.data;
  const changed = edited === undefined || edited === code ? {} : { code: edited };
  const approval: Answer = { kind: "approval", approved: true, ...changed, ...(always ? { always } : {}) };
  return (
    <section className="answer" aria-label={t("An approval is asked for")}>
      <h3>
        {message} {event.branch === undefined ? null : <span className="chip">{event.branch}</span>}
      </h3>
      <Waiting event={event} />
      {code === undefined ? null : (
        <AskedCode language={language ?? ""} code={code} edited={edited} onEdit={(code) => change({ edited: code })} />
      )}
      <div className="actions spread">
        <Button icon="check" kind="primary" disabled={disabled} onClick={() => void answer(approval)}>
          {"code" in changed ? t("Approve as changed") : t("Approve")}
        </Button>
        {code === undefined ? null : (
          <Button
            icon={edited === undefined ? "configuration" : "undo"}
            disabled={disabled}
            onClick={() => change({ edited: edited === undefined ? code : undefined })}
          >
            {edited === undefined ? t("Change it first") : t("As it was")}
          </Button>
        )}
        <label className="check" title={t("The same question is then approved by itself until the session ends.")}>
          <input
            type="checkbox"
            checked={always}
            disabled={disabled}
            onChange={({ target }) => change({ always: target.checked })}
          />
          {t("always for this session")}
        </label>
        <Refusal
          {...{ text, disabled }}
          onChange={(next) => change({ text: next })}
          onRefuse={() => void answer({ kind: "approval", approved: false, ...(text === "" ? {} : { message: text }) })}
        />
      </div>
    </section>
  );
}

interface RefusalProps {
  readonly text: string;
  readonly disabled: boolean;
  readonly onChange: (text: string) => void;
  readonly onRefuse: () => void;
}

/** A no, and why. */
function Refusal({ text, disabled, onChange, onRefuse }: RefusalProps) {
  return (
    <div className="refusal">
      <input
        type="text"
        value={text}
        aria-label={t("Why not")}
        placeholder={t("Why not (the model reads it)")}
        onChange={({ target }) => onChange(target.value)}
      />
      <Button icon="close" kind="danger" disabled={disabled} onClick={onRefuse}>
        {t("Refuse")}
      </Button>
    </div>
  );
}

/** A line of input, or the end of it. What is secret is kept nowhere. */
function Line({
  event,
  answer,
  disabled,
  draft,
  typed,
}: AnswerProps<"input-request"> & { readonly typed: (lines: string[]) => void }) {
  const { secret = false, prompt } = event.data;
  const [kept, keep] = useDraft(draft, { text: "" });
  const [hidden, hide] = useState("");
  const [text, setText] = secret ? [hidden, hide] : [kept.text, (next: string) => keep({ text: next })];
  const id = useId();
  const isLong = text.includes("\n");
  const send = (value: string | null) => {
    const [line = "", ...rest] = value?.replace(/\n$/, "").split("\n") ?? [];
    typed(rest);
    void answer({ kind: "stdin", text: value === null ? null : line });
  };
  return (
    <form
      className="answer"
      onSubmit={(submit) => {
        submit.preventDefault();
        send(text);
      }}
    >
      <label className="field" htmlFor={id}>
        <span>{prompt || t("The program waits for a line of input")}</span>
        <Waiting event={event} />
        <AnswerField {...{ id, text, secret, disabled }} onChange={setText} onSend={() => send(text)} />
      </label>
      {isLong ? (
        <small className="muted">{t("Each line answers one question of the program, as in a terminal.")}</small>
      ) : null}
      <div className="actions">
        <button type="submit" className="button primary" disabled={disabled}>
          {t("Send")}
        </button>
        <Button disabled={disabled} onClick={() => send(null)}>
          {t("End of input")}
        </Button>
      </div>
    </form>
  );
}

interface AnswerFieldProps {
  readonly id: string;
  readonly text: string;
  readonly secret: boolean;
  readonly disabled: boolean;
  readonly onChange: (text: string) => void;
  readonly onSend: () => void;
}

/** One line; or several, once several were pasted: a field of one line would make blanks of their ends. */
function AnswerField({ id, text, secret, disabled, onChange, onSend }: AnswerFieldProps) {
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const isLong = text.includes("\n");
  useFocusOf(field, isLong);
  const common = { id, ref: field, value: text, disabled };
  const change = ({ target }: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => onChange(target.value);
  const paste = (event: React.ClipboardEvent<HTMLInputElement>) => {
    const lines = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    if (secret || !lines.includes("\n")) return;
    event.preventDefault();
    const { selectionStart, selectionEnd } = event.currentTarget;
    onChange(text.slice(0, selectionStart ?? text.length) + lines + text.slice(selectionEnd ?? text.length));
  };
  if (!isLong) return <input {...common} type={secret ? "password" : "text"} onChange={change} onPaste={paste} />;
  return (
    <textarea
      {...common}
      className="mono"
      rows={Math.min(12, text.split("\n").length)}
      onChange={change}
      onKeyDown={(key) => {
        if (!isSending(key, false)) return;
        key.preventDefault();
        onSend();
      }}
    />
  );
}

/**
 * Goes to the field when it appears, unless somebody is writing elsewhere: a letter must not change its addressee. It is in
 * sight, so that nothing is scrolled: whoever follows the end goes on to.
 */
function useFocusOf(field: RefObject<(HTMLInputElement & HTMLTextAreaElement) | null>, isLong: boolean): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another field is another element
  useEffect(() => {
    const { activeElement: at } = document;
    const isWriting =
      (at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement) &&
      (at.closest(".answer") !== null || at.value !== "");
    if (!isWriting) field.current?.focus({ preventScroll: true });
  }, [field, isLong]);
}
