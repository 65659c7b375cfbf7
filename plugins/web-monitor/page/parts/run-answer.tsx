import { useState } from "react";
import type { TranscriptEventOf } from "../../../../core/kit/transcript/index.ts";
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
  const answer = async (value: Answer): Promise<void> => {
    setAnswered(event.seq);
    try {
      await client.get()?.input(run, { ...value, question: event.seq });
    } catch (error) {
      setAnswered(undefined);
      say(refusalOf(error).message, "bad");
    }
  };
  return event.type === "approval-request" ? (
    <Approval key={event.seq} {...{ event, answer, disabled }} />
  ) : (
    <Line key={event.seq} {...{ event, answer, disabled }} />
  );
}

interface AnswerProps<Type extends Question["type"]> {
  readonly event: TranscriptEventOf<Type>;
  readonly answer: (value: Answer) => Promise<void>;
  readonly disabled: boolean;
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

function Approval({ event, answer, disabled }: AnswerProps<"approval-request">) {
  const [edited, setEdited] = useState<string>();
  const [always, setAlways] = useState(false);
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
        <AskedCode language={language ?? ""} code={code} edited={edited} onEdit={setEdited} />
      )}
      <div className="actions spread">
        <Button icon="check" kind="primary" disabled={disabled} onClick={() => void answer(approval)}>
          {"code" in changed ? t("Approve as changed") : t("Approve")}
        </Button>
        {code === undefined ? null : (
          <Button
            icon={edited === undefined ? "configuration" : "undo"}
            disabled={disabled}
            onClick={() => setEdited(edited === undefined ? code : undefined)}
          >
            {edited === undefined ? t("Change it first") : t("As it was")}
          </Button>
        )}
        <label className="check" title={t("The same question is then approved by itself until the session ends.")}>
          <input
            type="checkbox"
            checked={always}
            disabled={disabled}
            onChange={(change) => setAlways(change.target.checked)}
          />
          {t("always for this session")}
        </label>
        <Refusal disabled={disabled} onRefuse={(why) => void answer({ kind: "approval", approved: false, ...why })} />
      </div>
    </section>
  );
}

/** A no, and why. */
function Refusal({
  disabled,
  onRefuse,
}: {
  readonly disabled: boolean;
  readonly onRefuse: (why: { readonly message?: string }) => void;
}) {
  const [text, setText] = useState("");
  return (
    <div className="refusal">
      <input
        type="text"
        value={text}
        aria-label={t("Why not")}
        placeholder={t("Why not (the model reads it)")}
        onChange={(change) => setText(change.target.value)}
      />
      <Button
        icon="close"
        kind="danger"
        disabled={disabled}
        onClick={() => onRefuse(text === "" ? {} : { message: text })}
      >
        {t("Refuse")}
      </Button>
    </div>
  );
}

/** A line of input, or the end of it. */
function Line({ event, answer, disabled }: AnswerProps<"input-request">) {
  const [text, setText] = useState("");
  const send = (value: string | null) => void answer({ kind: "stdin", text: value });
  return (
    <form
      className="answer"
      onSubmit={(submit) => {
        submit.preventDefault();
        send(text);
      }}
    >
      <label className="field">
        <span>{event.data.prompt || t("The program waits for a line of input")}</span>
        <Waiting event={event} />
        <input
          type={event.data.secret ? "password" : "text"}
          autoFocus
          value={text}
          disabled={disabled}
          onChange={(change) => setText(change.target.value)}
        />
      </label>
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
