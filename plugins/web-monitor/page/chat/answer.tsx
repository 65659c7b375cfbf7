import { cancelRun } from "../lib/cancel-run.ts";
import type { Column, Turn, TurnRecord } from "../lib/conversation-tree.ts";
import { money } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf, setQuery } from "../lib/router.ts";
import type { RunModel } from "../lib/run-model.ts";
import { may, refusalOf } from "../lib/session.ts";
import type { RunView } from "../lib/use-run.ts";
import { stateOf } from "../lib/waiting-runs.ts";
import { Button, Link, RefusalNote, Status, Took } from "../parts/basics.tsx";
import { say } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { RunOfReading } from "../parts/output.tsx";
import { AnswerForm } from "../parts/run-answer.tsx";
import { Transcript } from "../parts/transcript.tsx";
import { sendAgain } from "./send.ts";
import { useFollowed } from "./use-followed.ts";
import { Versions } from "./versions.tsx";

interface AnswerProps {
  readonly column: Column;
  /** Undefined for a run that stands alone. */
  readonly turn?: Turn;
  readonly runs: readonly TurnRecord[];
}

export function FollowedAnswer(props: AnswerProps) {
  return <Answer {...props} view={useFollowed(props.column.shown.run)} />;
}

/** The answer to a question, while it comes; what it waits for is asked right below. */
export function Answer({ column, turn, runs, view }: AnswerProps & { readonly view: RunView }) {
  const { model, version, failure } = view;
  const { run } = column.shown;
  const { end } = model;
  const status = failure !== undefined ? "failed" : stateOf(end?.data.status, model.waiting !== undefined);
  const isOne = turn === undefined || turn.columns.length < 2;
  const isChosen = turn?.chosen.run === run;
  return (
    <section
      className={`answer-card${isOne ? " single" : ""}${isChosen && !isOne ? " chosen" : ""}`}
      aria-label={t("Answer of {flow}", { flow: column.flow })}
    >
      <header>
        <h2>{column.flow}</h2>
        <Status status={status} />
        <span className="muted number">
          <Took
            {...(model.start?.time === undefined ? {} : { since: model.start.time })}
            last={model.last}
            isOver={end !== undefined || failure !== undefined}
          />
        </span>
        <span className="grow" />
        {end === undefined && failure === undefined ? (
          <Button icon="stop" kind="plain" label={t("Stop")} disabled={!may("run")} onClick={() => cancelRun(run)} />
        ) : null}
      </header>
      <div className="answer-body">
        {failure === undefined ? null : <RefusalNote refusal={refusalOf(failure)} />}
        <RunOfReading.Provider value={run}>
          <Transcript model={model} version={version} framed={false} />
        </RunOfReading.Provider>
        {model.transcript.questions.map((event) => (
          <AnswerForm key={event.seq} run={run} event={event} />
        ))}
        <NotWhole model={model} />
      </div>
      <Tools column={column} turn={turn} runs={runs} model={model} />
    </section>
  );
}

/** What can be done with an answer, and what it cost. */
function Tools({ column, turn, runs, model }: AnswerProps & { readonly model: RunModel }) {
  const { run } = column.shown;
  const isChosen = turn?.chosen.run === run;
  return (
    <footer className="turn-tools">
      {turn === undefined || turn.columns.length < 2 ? null : (
        <Button
          icon={isChosen ? "check" : "right"}
          kind="plain"
          pressed={isChosen}
          onClick={() => setQuery({ at: run })}
        >
          {t("Go on from this one")}
        </Button>
      )}
      <Versions what={t("Versions of the answer")} versions={column.versions} shown={run} runs={runs} />
      {turn === undefined ? null : (
        <Button
          icon="restart"
          kind="plain"
          label={t("Answer again")}
          disabled={!may("run") || model.end === undefined}
          onClick={() => {
            setQuery({ at: undefined });
            void sendAgain(column.shown, turn.parent);
          }}
        />
      )}
      <span data-key="copy">
        <Button icon="copy" kind="plain" label={t("Copy the answer")} onClick={() => void copy(model)} />
      </span>
      <Link href={hrefOf(`runs/${run}`)}>{t("Open the run")}</Link>
      <Spent model={model} />
    </footer>
  );
}

function Spent({ model: { end } }: { readonly model: RunModel }) {
  if (end === undefined) return null;
  const { usage, cost } = end.data;
  return (
    <span className="muted number">
      {t("{n|# token|# tokens}", { n: usage.inputTokens + usage.outputTokens })} · {money(cost.amount)}
    </span>
  );
}

/** An answer that broke off says so, where it breaks off. */
function NotWhole({ model: { end } }: { readonly model: RunModel }) {
  if (end === undefined || end.data.status === "ok") return null;
  const { status, reason = "" } = end.data;
  const words: Readonly<Record<string, string>> = {
    cancelled: t("It was stopped: this answer is not whole."),
    lost: t("The host ended meanwhile: this answer is not whole."),
    timeout: t("Its time was over: this answer is not whole."),
    budget: t("Its budget was used up: this answer is not whole."),
  };
  return (
    <p className={`note ${status === "failed" ? "bad" : "warn"}`}>
      <Icon name={status === "cancelled" ? "stop" : "failed"} size={14} />
      <span>{words[status] ?? reason}</span>
    </p>
  );
}

/** The words and the code of an answer, as Markdown. */
async function copy({ transcript }: RunModel): Promise<void> {
  const parts = transcript.parts.flatMap((part) => {
    if (part.void) return [];
    if (part.kind === "text") return [part.text.trim()];
    return part.kind === "code" ? [`\`\`\`${part.language}\n${part.text.trimEnd()}\n\`\`\``] : [];
  });
  await navigator.clipboard?.writeText(parts.filter(Boolean).join("\n\n")).then(
    () => say(t("copied")),
    () => undefined,
  );
}
