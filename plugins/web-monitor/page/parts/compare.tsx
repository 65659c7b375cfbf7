import { useEffect, useMemo, useState } from "react";
import { liveEventsOf } from "../lib/asked.ts";
import { count, duration, firstLine, money } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf, setQuery, usePlace } from "../lib/router.ts";
import type { RunModel, RunRecord } from "../lib/run-model.ts";
import type { RunProgram } from "../lib/run-parts.ts";
import { followRun } from "../lib/run-streams.ts";
import { refusalOf } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { useRun } from "../lib/use-run.ts";
import { Link, RefusalNote, Status } from "./basics.tsx";
import { DiffView } from "./diff-view.tsx";
import { Waterfall } from "./waterfall.tsx";

/** Lines of output that are compared. */
const mostLines = 2_000;

/** Two runs beside each other: what was asked, what ran, what it printed, what it cost. */
export function CompareReading({ run, model }: { readonly run: string; readonly model: RunModel }) {
  const other = usePlace().query.get("with") ?? "";
  return (
    <div className="stack">
      <OtherRun run={run} flow={model.start?.data.flow} chosen={other} />
      {other === "" || other === run ? null : <Pair key={other} run={run} model={model} other={other} />}
    </div>
  );
}

/** Runs of the same flow first, and any other one by its name. */
function OtherRun({
  run,
  flow,
  chosen,
}: {
  readonly run: string;
  readonly flow: string | undefined;
  readonly chosen: string;
}) {
  const connected = useStore(client);
  const [runs, setRuns] = useState<readonly RunRecord[]>([]);
  useEffect(() => {
    let left = false;
    const read = async () => {
      const answer = await connected?.call<{ runs: RunRecord[] }>("runs.list", { limit: 100 });
      if (!left && answer !== undefined) setRuns(answer.runs.filter((each) => each.run !== run));
    };
    read().catch(() => undefined);
    return () => {
      left = true;
    };
  }, [connected, run]);
  const sorted = runs.toSorted((a, b) => Number(b.flow === flow) - Number(a.flow === flow));
  const isListed = chosen === "" || sorted.some((each) => each.run === chosen);
  return (
    <label className="field row">
      <span>{t("Compare with")}</span>
      <select value={chosen} onChange={(event) => setQuery({ with: event.target.value || undefined })}>
        <option value="">{t("choose a run")}</option>
        {isListed ? null : <option value={chosen}>{chosen}</option>}
        {sorted.map((each) => (
          <option key={each.run} value={each.run}>
            {`${each.flow} · ${firstLine(each.input, 50)} · ${t(each.status)} · ${each.run}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function Pair({ run, model, other }: { readonly run: string; readonly model: RunModel; readonly other: string }) {
  const connected = useStore(client);
  const events$ = useMemo(
    () => (connected === undefined ? undefined : followRun(() => liveEventsOf(other) ?? connected.follow(other))),
    [connected, other],
  );
  const { model: second, failure } = useRun(events$);
  if (failure !== undefined) return <RefusalNote refusal={refusalOf(failure)} />;
  if (second.start === undefined) return <div className="skeleton tall" aria-busy="true" />;
  const [left, right] = [model.programs.at(-1), second.programs.at(-1)];
  return (
    <div className="stack">
      <Figures runs={[run, other]} models={[model, second]} />
      <section>
        <h3>{t("What was asked")}</h3>
        <DiffView before={askedIn(model)} after={askedIn(second)} />
      </section>
      {readBy(model) === "" && readBy(second) === "" ? null : (
        <section>
          <h3>{t("Standard input")}</h3>
          <DiffView before={readBy(model)} after={readBy(second)} />
        </section>
      )}
      <section>
        <h3>{t("The program that ran last")}</h3>
        <DiffView before={left?.start.code ?? ""} after={right?.start.code ?? ""} />
      </section>
      <section>
        <h3>{t("What it printed")}</h3>
        <DiffView before={printedBy(left)} after={printedBy(right)} />
        {linesOf(left) > mostLines || linesOf(right) > mostLines ? (
          <p className="note warn">
            {t("Only the first {n|# line|# lines} of each {n|is|are} compared.", { n: mostLines })}
          </p>
        ) : null}
      </section>
      <section>
        <h3>{t("What was said last")}</h3>
        <DiffView before={saidIn(model)} after={saidIn(second)} />
      </section>
      <div className="pair">
        <Waterfall model={model} />
        <Waterfall model={second} />
      </div>
    </div>
  );
}

interface Figure {
  readonly name: string;
  readonly of: (model: RunModel) => string;
}

const figures: readonly Figure[] = [
  { name: "Flow", of: ({ start }) => start?.data.flow ?? "" },
  { name: "Models", of: ({ models }) => [...models].join(", ") || "–" },
  { name: "Took", of: ({ last }) => duration(last) },
  { name: "Programs", of: ({ programs }) => count(programs.length) },
  { name: "Input tokens", of: ({ end }) => count(end?.data.usage.inputTokens ?? 0) },
  { name: "Output tokens", of: ({ end }) => count(end?.data.usage.outputTokens ?? 0) },
  { name: "Cost", of: ({ end }) => (end === undefined ? "–" : money(end.data.cost.amount)) },
];

function Figures({ runs, models }: { readonly runs: readonly [string, string]; readonly models: readonly RunModel[] }) {
  return (
    <table className="table boxed">
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden">{t("What")}</span>
          </th>
          {runs.map((run) => (
            <th key={run} scope="col" className="mono">
              <Link href={hrefOf(`runs/${run}`)}>{run}</Link>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t("State")}</th>
          {models.map((model, index) => (
            <td key={runs[index]}>
              <Status status={model.end?.data.status ?? "running"} />
            </td>
          ))}
        </tr>
        {figures.map(({ name, of }) => (
          <tr key={name}>
            <th scope="row">{t(name)}</th>
            {models.map((model, index) => (
              <td key={runs[index]} className="number">
                {of(model)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function askedIn({ start }: RunModel): string {
  const { text, code } = start?.data.input ?? {};
  return code ?? text ?? "";
}

/** The standard input; its digest stands for one that is no text, or is not kept. */
function readBy({ end }: RunModel): string {
  const { text, bytes = 0, sha256 = "" } = end?.data.stdin ?? {};
  return text ?? (bytes === 0 ? "" : `${t("{n|# byte|# bytes}", { n: bytes })} SHA-256 ${sha256}`);
}

function printedBy(program: RunProgram | undefined): string {
  if (program === undefined) return "";
  const { head, tail } = program.record;
  const lines = [head, ...(tail === undefined ? [] : [tail])].flatMap((reader) =>
    Array.from({ length: Math.min(mostLines, reader.count) }, (_, index) =>
      reader
        .line(index)
        .map(({ text }) => text)
        .join(""),
    ),
  );
  return lines.slice(0, mostLines).join("\n");
}

function linesOf(program: RunProgram | undefined): number {
  return program?.record.lines ?? 0;
}

function saidIn({ transcript }: RunModel): string {
  const text = transcript.parts.findLast((part) => part.kind === "text" && !part.void);
  return text?.kind === "text" ? text.text : "";
}
