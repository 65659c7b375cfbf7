import type { NotePart, TranscriptEventOf } from "../../../../core/kit/transcript/index.ts";
import { bytes, money } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { CodeBox } from "../rich/code-box.tsx";
import { Status } from "./basics.tsx";
import { Icon } from "./icon.tsx";

/** What one event tells of the run. */
export function Note({ note: { event } }: { readonly note: NotePart }) {
  switch (event.type) {
    case "run-start":
      return <Prompt input={event.data.input} />;
    case "run-end":
      return (
        <p className="ending">
          <Status status={event.data.status} /> <span className="muted">{event.data.reason}</span>
          <span className="muted number">{money(event.data.cost.amount)}</span>
        </p>
      );
    case "error":
      return (
        <div className="note bad">
          <Icon name="failed" />
          <div>
            <p>
              <b>{event.source}</b> {event.data.message}
            </p>
            <p className="muted">{event.data.cure}</p>
            <code>{event.data.code}</code>
          </div>
        </div>
      );
    case "rewind":
      return (
        <div className="note warn">
          <Icon name="undo" />
          <p>{t("What stands struck out above is void: {reason}", { reason: event.data.reason })}</p>
        </div>
      );
    case "gap":
      return (
        <div className="note warn">
          <Icon name="degraded" />
          <p>
            {t(
              event.data.from === event.data.to
                ? "Event {from} is missing: {reason}"
                : "Events {from} to {to} are missing: {reason}",
              { from: event.data.from, to: event.data.to, reason: event.data.reason ?? "" },
            )}
          </p>
        </div>
      );
    default:
      return <Mention event={event} />;
  }
}

function Prompt({
  input: { text, code, language, files },
}: {
  readonly input: TranscriptEventOf<"run-start">["data"]["input"];
}) {
  return (
    <div className="prompt">
      {code === undefined ? <p className="prose">{text}</p> : <CodeBox language={language ?? "python"} text={code} />}
      {files === undefined ? null : <small className="muted">{t("with {files}", { files: files.join(", ") })}</small>}
    </div>
  );
}

/** What takes one line, with a sign before it. */
function Mention({ event }: { readonly event: NotePart["event"] }) {
  switch (event.type) {
    case "exec-file":
      return (
        <p className="mention">
          <Icon name="download" size={14} /> <code>{event.data.path}</code>{" "}
          <span className="muted number">{bytes(event.data.size)}</span>
        </p>
      );
    case "input-request":
      return (
        <p className="mention">
          <Icon name="waiting" size={14} /> {t("asks: {prompt}", { prompt: event.data.prompt || "…" })}
        </p>
      );
    case "approval-request":
      return (
        <p className="mention">
          <Icon name="waiting" size={14} /> {event.data.message}
        </p>
      );
    case "input-response":
      return (
        <p className="mention">
          <Icon name="right" size={14} /> {event.data.text === null ? t("end of input") : event.data.text}
        </p>
      );
    case "approval-response":
      return (
        <p className="mention">
          <Icon name={event.data.approved ? "check" : "close"} size={14} />{" "}
          {event.data.approved ? t("approved") : t("refused")} {event.data.always ? t("always for this session") : null}{" "}
          {event.data.message}
        </p>
      );
    default:
      return null;
  }
}
