import { useState } from "react";
import { type Turn, type TurnRecord, turnsOf } from "../lib/conversation-tree.ts";
import { t } from "../lib/i18n.ts";
import { usePlace } from "../lib/router.ts";
import { Button } from "../parts/basics.tsx";
import { Answer, FollowedAnswer } from "./answer.tsx";
import { Question } from "./question.tsx";
import { useFollowed } from "./use-followed.ts";

/** Turns that are read at first, and with each wish for older ones. */
const step = 20;

/** The turns of a conversation below each other, on the branch that the address names. */
export function Turns({ runs, isWhole }: { readonly runs: readonly TurnRecord[]; readonly isWhole: boolean }) {
  const { query } = usePlace();
  const [most, setMost] = useState(step);
  const turns = turnsOf(runs, query.get("at") ?? undefined);
  const hidden = Math.max(0, turns.length - most);
  return (
    <>
      {hidden > 0 ? (
        <Button onClick={() => setMost(most + step)}>
          {t("Show {n|# older turn|# older turns}", { n: Math.min(step, hidden) })}
        </Button>
      ) : isWhole ? null : (
        <p className="muted">{t("Older turns of this conversation are in the list of runs.")}</p>
      )}
      {turns.slice(hidden).map((turn) => (
        <TurnView key={turn.parent ?? ""} turn={turn} runs={runs} />
      ))}
    </>
  );
}

function TurnView({ turn, runs }: { readonly turn: Turn; readonly runs: readonly TurnRecord[] }) {
  const view = useFollowed(turn.chosen.run);
  return (
    <article className="chat-turn">
      <Question turn={turn} model={view.model} runs={runs} />
      <div className={turn.columns.length > 1 ? "answers" : "one-answer"}>
        {turn.columns.map((column) =>
          column.shown.run === turn.chosen.run ? (
            <Answer key={column.flow} column={column} turn={turn} runs={runs} view={view} />
          ) : (
            <FollowedAnswer key={column.flow} column={column} turn={turn} runs={runs} />
          ),
        )}
      </div>
    </article>
  );
}

/** Runs that belong to no conversation, side by side. */
export function RunsAlone({ runs }: { readonly runs: readonly string[] }) {
  return (
    <div className="answers">
      {runs.map((run) => (
        <RunAlone key={run} run={run} />
      ))}
    </div>
  );
}

function RunAlone({ run }: { readonly run: string }) {
  const view = useFollowed(run);
  const flow = view.model.start?.data.flow ?? run;
  const shown = { run, flow, session: "", status: "", started: "", title: "", question: run };
  return <Answer column={{ flow, shown, versions: [shown] }} runs={[]} view={view} />;
}
