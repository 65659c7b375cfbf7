import { useEffect, useMemo, useRef, useState } from "react";
import type { Observable } from "rxjs";
import type { RunEvent } from "../../../../core/client/index.ts";
import { useEndInSight } from "../lib/end-in-sight.ts";
import { budgetInWords, count, exact, money } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { showView, usePlace } from "../lib/router.ts";
import { RunModel } from "../lib/run-model.ts";
import { refusalOf } from "../lib/session.ts";
import { useRun } from "../lib/use-run.ts";
import { stateOf } from "../lib/waiting-runs.ts";
import { Ago, RefusalNote, Status, Took } from "./basics.tsx";
import { CompareReading } from "./compare.tsx";
import { FailureNote } from "./failure-note.tsx";
import { RunOfReading } from "./output.tsx";
import { RunActions } from "./run-actions.tsx";
import { AnswerForm } from "./run-answer.tsx";
import { CodeReading, FilesReading, RawReading, TerminalReading } from "./run-readings.tsx";
import { StandardInput } from "./standard-input.tsx";
import { Timeline } from "./timeline.tsx";
import { Transcript } from "./transcript.tsx";
import { Waterfall } from "./waterfall.tsx";

const readings = [
  ["transcript", "Transcript"],
  ["code", "Code"],
  ["terminal", "Terminal"],
  ["files", "Files"],
  ["waterfall", "Waterfall"],
  ["raw", "Raw"],
  ["compare", "Compare"],
] as const;

/** One run and its readings, live or from a file. */
export function RunReader({
  run,
  events$,
  live = false,
}: {
  readonly run: string;
  readonly events$: Observable<RunEvent> | undefined;
  readonly live?: boolean;
}) {
  const { model: whole, version, failure } = useRun(events$, live ? run : undefined);
  const { query } = usePlace();
  const [fallback, setFallback] = useState<string>("transcript");
  const chosen = live ? (query.get("view") ?? "transcript") : fallback;
  const [cursor, setCursor] = useState<number>();
  const model = useReplay(whole, cursor, version);
  // Another run is read from the host.
  const offered = readings.filter(([name]) => live || name !== "compare");
  const [isAsOpened, setAsOpened] = useState(chosen === "transcript");
  useOutcomeInSight(whole, isAsOpened && cursor === undefined);
  const show = (name: string) => {
    setAsOpened(false);
    if (live) showView({ view: name === "transcript" ? undefined : name });
    else setFallback(name);
  };
  if (failure !== undefined && whole.start === undefined) return <RefusalNote refusal={refusalOf(failure)} />;
  return (
    <div className="run">
      <RunHead model={whole} run={run} live={live} />
      <Timeline model={whole} cursor={cursor} onCursor={setCursor} />
      {live ? <Questions run={run} model={whole} /> : null}
      <ReadingTabs offered={offered} chosen={chosen} files={whole.files.size} onChoose={show} />
      <RunOfReading.Provider value={live ? run : undefined}>
        <div id="reading" role="tabpanel" aria-labelledby={`tab-${chosen}`} className="reading">
          {chosen === "waterfall" ? (
            <Waterfall
              model={model}
              onJump={(seq) => {
                show("transcript");
                goToPart(seq);
              }}
            />
          ) : null}
          {chosen === "compare" ? <CompareReading run={run} model={whole} /> : null}
          {chosen === "code" ? <CodeReading model={model} /> : null}
          {chosen === "terminal" ? <TerminalReading model={model} /> : null}
          {chosen === "files" ? <FilesReading model={model} run={run} live={live} /> : null}
          {chosen === "raw" ? <RawReading model={model} /> : null}
          {chosen === "transcript" ? (
            <Transcript model={model} version={cursor === undefined ? version : cursor} />
          ) : null}
        </div>
      </RunOfReading.Provider>
    </div>
  );
}

/** What the run waits for, in sight wherever the run is read. */
function Questions({ run, model }: { readonly run: string; readonly model: RunModel }) {
  const { questions } = model.transcript;
  if (questions.length === 0) return null;
  return (
    <div className="questions">
      {questions.map((event) => (
        <AnswerForm key={event.seq} run={run} event={event} />
      ))}
    </div>
  );
}

/** Milliseconds after which a run whose end has not come is taken for one that is under way. */
const longestReading = 500;

/** Follows a run that is under way. One that has ended opens at its end, or at its error, which stands at the top. */
function useOutcomeInSight(model: RunModel, isWanted: boolean): void {
  const scroller = useRef<HTMLElement>(null);
  const [isUnderWay, setUnderWay] = useState(false);
  useEffect(() => {
    scroller.current = document.getElementById("content");
    const timer = setTimeout(() => setUnderWay(true), longestReading);
    return () => clearTimeout(timer);
  }, []);
  const { end } = model;
  const isFollowed = end === undefined ? isUnderWay : end.data.status === "ok";
  useEndInSight(scroller, isWanted && isFollowed ? "run" : undefined);
}

/** Which reading is looked at; the arrows go from one to the next. */
function ReadingTabs({
  offered,
  chosen,
  files,
  onChoose,
}: {
  readonly offered: readonly (typeof readings)[number][];
  readonly chosen: string;
  /** How many files there are. */
  readonly files: number;
  readonly onChoose: (name: string) => void;
}) {
  // Where there is no room for all of them, the one that is looked at is in sight.
  useEffect(() => {
    const [tab, row] = [document.getElementById(`tab-${chosen}`), document.querySelector(".tabs")];
    if (tab !== null && row !== null && row.scrollWidth > row.clientWidth)
      row.scrollTo({ left: tab.offsetLeft - row.clientWidth / 2 });
    // The way back may have chosen it, while the keyboard stood on another one.
    if (row?.contains(document.activeElement)) tab?.focus({ preventScroll: true });
  }, [chosen]);
  return (
    <div className="tabs" role="tablist" aria-label={t("Readings of this run")}>
      {offered.map(([name, title]) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-controls="reading"
          aria-selected={chosen === name}
          tabIndex={chosen === name ? 0 : -1}
          onClick={() => onChoose(name)}
          onKeyDown={(event) => {
            const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
            const next =
              offered[(offered.findIndex(([each]) => each === name) + step + offered.length) % offered.length];
            if (step === 0 || next === undefined) return;
            document.getElementById(`tab-${next[0]}`)?.focus();
            document.getElementById(`tab-${next[0]}`)?.click();
          }}
        >
          {t(title)}
          {name === "files" && files > 0 ? <b className="badge">{files}</b> : null}
        </button>
      ))}
    </div>
  );
}

/** Brings a part into sight, once it is drawn. */
function goToPart(seq: number): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const part = document.getElementById(`part-${seq}`) ?? nearest(seq);
      part?.scrollIntoView({ block: "center" });
      part?.focus({ preventScroll: true });
    }),
  );
}

/** An answer has no part of its own to show: its first words have. */
function nearest(seq: number): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>("[id^=part-]")].find((part) => Number(part.id.slice(5)) >= seq);
}

/** The run as it was at a moment: folded on from the moment before, or anew when going back. */
function useReplay(whole: RunModel, cursor: number | undefined, version: number): RunModel {
  const past = useRef({ whole, model: new RunModel(), next: 0, at: 0 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the model changes in place, its version tells
  return useMemo(() => {
    if (cursor === undefined) return whole;
    let state = past.current;
    if (state.whole !== whole || cursor < state.at) state = { whole, model: new RunModel(), next: 0, at: 0 };
    const start = Date.parse(whole.events[0]?.time ?? "");
    for (let event = whole.events[state.next]; event !== undefined; event = whole.events[state.next]) {
      if (Date.parse(event.time) - start > cursor) break;
      state.model.push(event);
      state.next += 1;
    }
    state.at = cursor;
    past.current = state;
    return state.model;
  }, [whole, cursor, version]);
}

function RunHead({ model, run, live }: { readonly model: RunModel; readonly run: string; readonly live: boolean }) {
  const { start, end } = model;
  const usage = end?.data.usage;
  const tokens = usage === undefined ? undefined : usage.inputTokens + usage.outputTokens;
  return (
    <header className="run-head">
      <div className="run-title">
        <h2 className="mono">{run}</h2>
        {start === undefined ? null : <Status status={stateOf(end?.data.status, model.waiting !== undefined)} />}
      </div>
      <dl className="run-facts">
        {start === undefined ? null : (
          <>
            <RunFact name={t("Flow")}>{start.data.flow}</RunFact>
            <RunFact name={t("Begun")}>{live ? <Ago time={start.time ?? ""} /> : exact(start.time ?? "")}</RunFact>
            <RunFact name={t("Took")}>
              <Took since={start.time ?? ""} last={model.last} isOver={end !== undefined || !live} />
            </RunFact>
          </>
        )}
        {start?.data.budget === undefined ? null : (
          <RunFact name={t("Allowed")}>{budgetInWords(start.data.budget)}</RunFact>
        )}
        {model.models.size === 0 ? null : <RunFact name={t("Models")}>{[...model.models].join(", ")}</RunFact>}
        {tokens === undefined || tokens === 0 ? null : (
          <RunFact name={t("Tokens")}>{`${usage?.estimated ? "≈ " : ""}${count(tokens)}`}</RunFact>
        )}
        {end === undefined || tokens === 0 ? null : <RunFact name={t("Cost")}>{money(end.data.cost.amount)}</RunFact>}
        {typeof end?.data.exitCode === "number" ? <RunFact name={t("Exit code")}>{end.data.exitCode}</RunFact> : null}
      </dl>
      <StandardInput run={run} model={model} />
      <FailureNote model={model} live={live} />
      {live ? <RunActions run={run} model={model} /> : null}
    </header>
  );
}

function RunFact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{children}</dd>
    </div>
  );
}
