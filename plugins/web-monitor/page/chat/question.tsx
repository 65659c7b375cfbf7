import type { Turn, TurnRecord } from "../lib/conversation-tree.ts";
import { t } from "../lib/i18n.ts";
import { setQuery, usePlace } from "../lib/router.ts";
import type { RunModel } from "../lib/run-model.ts";
import { may } from "../lib/session.ts";
import { Button } from "../parts/basics.tsx";
import { StandardInput } from "../parts/standard-input.tsx";
import { CodeBox } from "../rich/code-box.tsx";
import { EditQuestion } from "./edit-question.tsx";
import { Versions } from "./versions.tsx";

/** What was asked. It can be asked otherwise: the old question and its answers stay. */
export function Question({
  turn,
  model,
  runs,
}: {
  readonly turn: Turn;
  readonly model: RunModel;
  readonly runs: readonly TurnRecord[];
}) {
  const { query } = usePlace();
  const { run, title } = turn.chosen;
  const edited = query.get("edit");
  if (turn.columns.some(({ shown }) => shown.run === edited)) return <EditQuestion key={run} turn={turn} />;
  const { text = title, code, language = "python", files = [] } = model.start?.data.input ?? {};
  return (
    <section className="question" aria-label={t("Question")}>
      <div className="question-text">
        {code === undefined ? (
          <p className="prose" dir="auto">
            {text}
          </p>
        ) : (
          <CodeBox language={language} text={code} />
        )}
        {files.length === 0 ? null : <small>{t("with {files}", { files: files.join(", ") })}</small>}
        <StandardInput run={run} model={model} />
      </div>
      <div className="turn-tools">
        <Versions what={t("Versions of the question")} versions={turn.versions} shown={run} runs={runs} />
        <Button
          icon="edit"
          kind="plain"
          label={t("Edit and ask again")}
          disabled={!may("run")}
          onClick={() => setQuery({ edit: run, at: query.get("at") ?? undefined })}
        />
      </div>
    </section>
  );
}
