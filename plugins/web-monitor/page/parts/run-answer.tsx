import { useState } from "react";
import type { TranscriptEventOf } from "../../../../core/kit/transcript/index.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { may, refusalOf } from "../lib/session.ts";
import { CodeBox } from "../rich/code-box.tsx";
import { Ago, Button } from "./basics.tsx";
import { say } from "./dialog.tsx";

type Question = TranscriptEventOf<"input-request" | "approval-request">;
type Answer = Parameters<NonNullable<ReturnType<typeof client.get>>["input"]>[1];

/** The run waits for a person: this is where the answer goes. */
export function AnswerForm({ run, event }: { readonly run: string; readonly event: Question }) {
  const answer = async (value: Answer): Promise<boolean> => {
    try {
      await client.get()?.input(run, value);
      return true;
    } catch (error) {
      say(refusalOf(error).message, "bad");
      return false;
    }
  };
  return event.type === "approval-request" ? (
    <Approval event={event} answer={answer} />
  ) : (
    <Line event={event} answer={answer} />
  );
}

interface AnswerProps<Type extends Question["type"]> {
  readonly event: TranscriptEventOf<Type>;
  /** Whether the run took it. */
  readonly answer: (value: Answer) => Promise<boolean>;
}

function Approval({ event, answer }: AnswerProps<"approval-request">) {
  const [text, setText] = useState("");
  const disabled = !may("run");
  const { message, code, language } = event.data;
  return (
    <section className="answer" aria-label={t("An approval is asked for")}>
      <h3>
        {message} {event.time === undefined ? null : <Ago time={event.time} />}
      </h3>
      {code === undefined ? null : <CodeBox language={language ?? ""} text={code} />}
      <div className="actions spread">
        <Button
          icon="check"
          kind="primary"
          disabled={disabled}
          onClick={() => void answer({ kind: "approval", approved: true })}
        >
          {t("Approve")}
        </Button>
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
          onClick={() => void answer({ kind: "approval", approved: false, ...(text === "" ? {} : { message: text }) })}
        >
          {t("Refuse")}
        </Button>
      </div>
    </section>
  );
}

/** A line of input, or the end of it. */
function Line({ event, answer }: AnswerProps<"input-request">) {
  const [text, setText] = useState("");
  const disabled = !may("run");
  const send = async (value: string | null) => {
    if (await answer({ kind: "stdin", text: value })) setText("");
  };
  return (
    <form
      className="answer"
      onSubmit={(submit) => {
        submit.preventDefault();
        void send(text);
      }}
    >
      <label className="field">
        <span>{event.data.prompt || t("The program waits for a line of input")}</span>
        {event.time === undefined ? null : (
          <small className="muted">
            {t("asked")} <Ago time={event.time} />
          </small>
        )}
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
        <Button disabled={disabled} onClick={() => void send(null)}>
          {t("End of input")}
        </Button>
      </div>
    </form>
  );
}
