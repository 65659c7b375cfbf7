import { useState } from "react";
import { bytes, count, duration, money } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { RunModel } from "../lib/run-model.ts";
import type { Span } from "../lib/run-spans.ts";
import { Button, Empty, Source, toneOf } from "./basics.tsx";
import { Prompt } from "./prompt.tsx";
import { PartView } from "./transcript.tsx";

/** Rows drawn at first. */
const most = 300;

/** Everything that took time in a run, one below the other: models, programs, and what was waited for. */
export function Waterfall({
  model,
  onJump,
}: {
  readonly model: RunModel;
  /** Shows the part of the transcript that began with the event of that number. */
  readonly onJump?: (seq: number) => void;
}) {
  const [open, setOpen] = useState<Span>();
  const [shown, setShown] = useState(most);
  const { spans } = model;
  const total = Math.max(1, model.last);
  if (spans.length === 0) return <Empty icon="clock" title={t("Nothing took any time")} />;
  return (
    <div className="waterfall">
      <table className="table">
        <caption className="hidden">{t("What took time, in order")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("What")}</th>
            <th scope="col" className="track-head">
              <span>0</span>
              <span>{duration(total / 2)}</span>
              <span>{duration(total)}</span>
            </th>
            <th scope="col" className="right">
              {t("Took")}
            </th>
            <th scope="col" className="right">
              {t("Tokens")}
            </th>
            <th scope="col" className="right">
              {t("Cost")}
            </th>
          </tr>
        </thead>
        <tbody>
          {spans.slice(0, shown).map((span) => (
            <SpanRow
              key={`${span.kind} ${span.seq}`}
              span={span}
              total={total}
              open={open === span}
              onOpen={() => setOpen(open === span ? undefined : span)}
            />
          ))}
        </tbody>
      </table>
      {spans.length > shown ? (
        <Button onClick={() => setShown(shown + most)}>{t("Show {n} more", { n: spans.length - shown })}</Button>
      ) : null}
      {open === undefined ? null : <SpanDetails model={model} span={open} {...(onJump ? { onJump } : {})} />}
    </div>
  );
}

function SpanRow({
  span,
  total,
  open,
  onOpen,
}: {
  readonly span: Span;
  readonly total: number;
  readonly open: boolean;
  readonly onOpen: () => void;
}) {
  const { kind, from, to = total, branch, source, status } = span;
  const usage = span.kind === "model" ? span.part.end?.usage : undefined;
  return (
    <tr className={`span-row span-${kind}${open ? " on" : ""}`}>
      <th scope="row" style={{ paddingInlineStart: 12 + depthOf(branch) * 16 }}>
        <button type="button" className="text-button" aria-expanded={open} onClick={onOpen}>
          <Source name={source} label={nameOf(span)} />
        </button>
        {branch === undefined ? null : <span className="chip">{branch}</span>}
        {status === "failed" ? <span className="chip tone-bad">{t("failed")}</span> : null}
        {status === "cut" ? <span className="chip">{t("was cut off")}</span> : null}
      </th>
      <td className="track-cell">
        <span className="lane-track">
          <i
            className={`${kind} ${status ?? ""}`}
            style={{
              left: `${(from / total) * 100}%`,
              width: `${Math.max(0.3, ((to - from) / total) * 100)}%`,
              background: status === "failed" || (kind !== "model" && kind !== "exec") ? undefined : toneOf(source),
            }}
          />
          {span.kind === "model" && span.first !== undefined ? (
            <b className="first-token" style={{ left: `${(span.first / total) * 100}%` }} />
          ) : null}
        </span>
      </td>
      <td className="right number" data-name={t("Took")}>
        {duration(to - from)}
      </td>
      <td className="right number" data-name={t("Tokens")}>
        {usage === undefined ? "" : `${usage.estimated ? "≈ " : ""}${count(usage.inputTokens + usage.outputTokens)}`}
      </td>
      <td className="right number" data-name={t("Cost")}>
        {span.kind === "model" && span.part.end?.cost !== undefined ? money(span.part.end.cost.amount) : ""}
      </td>
    </tr>
  );
}

function nameOf(span: Span): string {
  switch (span.kind) {
    case "model":
      return span.source;
    case "exec":
      return `${span.source} · ${span.part.start.language}`;
    case "opening":
      return t("waits for {source}", { source: span.source });
    case "turn":
      return t("before {source}", { source: span.source });
    case "person":
      return t("{source} waits for an answer", { source: span.source });
  }
}

function depthOf(branch: string | undefined): number {
  return branch === undefined ? 0 : branch.split(".").length;
}

function SpanDetails({
  model,
  span,
  onJump,
}: {
  readonly model: RunModel;
  readonly span: Span;
  readonly onJump?: (seq: number) => void;
}) {
  return (
    <section className="span-details" aria-label={t("About {what}", { what: nameOf(span) })}>
      <header className="actions">
        <h3>{nameOf(span)}</h3>
        {onJump === undefined ? null : (
          <Button icon="right" onClick={() => onJump(span.seq)}>
            {t("Go to it")}
          </Button>
        )}
      </header>
      <dl className="facts tight">
        {factsOf(span).map(([name, value]) => (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      {span.kind === "model" ? <Prompt key={span.seq} model={model} span={span} /> : null}
      {span.kind === "exec" ? <PartView part={span.part} /> : null}
    </section>
  );
}

function factsOf(span: Span): readonly (readonly [name: string, value: string])[] {
  const times = [
    ["Begun", duration(span.from)],
    ...(span.to === undefined ? [] : [["Took", duration(span.to - span.from)] as const]),
  ] as const;
  if (span.kind === "exec") {
    const { end } = span.part;
    if (end === undefined) return times;
    return [...times, ["Processor time", duration(end.cpuMs)], ["Memory at most", bytes(end.peakBytes)]];
  }
  if (span.kind !== "model") return times;
  const { end, model } = span.part;
  const all: (readonly [string, string])[] = [["Model", model], ...times];
  if (span.first !== undefined) all.push(["First token", duration(span.first - span.from)]);
  if (end === undefined) return all;
  const { usage, cost, reason } = end;
  all.push(["Input tokens", `${usage.estimated ? "≈ " : ""}${count(usage.inputTokens)}`]);
  all.push(["Output tokens", `${usage.estimated ? "≈ " : ""}${count(usage.outputTokens)}`]);
  if (cost !== undefined) all.push(["Cost", money(cost.amount)]);
  const seconds = span.to === undefined || span.first === undefined ? 0 : (span.to - span.first) / 1000;
  if (seconds > 0.05) all.push(["Tokens a second", count(usage.outputTokens / seconds)]);
  all.push(["Ended by", reason]);
  return all;
}
