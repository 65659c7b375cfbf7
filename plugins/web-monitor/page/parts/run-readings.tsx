import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { fileHref, filesOf } from "../lib/asked.ts";
import { clock, duration } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { RunModel } from "../lib/run-model.ts";
import { CodeBox } from "../rich/code-box.tsx";
import { Empty, Source } from "./basics.tsx";
import { DiffView } from "./diff-view.tsx";
import { FileTable } from "./file-table.tsx";
import { JsonView } from "./json-view.tsx";
import { Output } from "./output.tsx";
import { ProgramStatus, Values } from "./program.tsx";

/** Every program that was run, each with what changed from the one before. */
export function CodeReading({ model }: { readonly model: RunModel }) {
  const [compare, setCompare] = useState(true);
  const attempts = model.programs;
  if (attempts.length === 0) return <Empty icon="configuration" title={t("No program was run")} />;
  return (
    <div className="stack">
      {attempts.length < 2 ? null : (
        <label className="check">
          <input type="checkbox" checked={compare} onChange={(event) => setCompare(event.target.checked)} />
          {t("Show what changed from the attempt before")}
        </label>
      )}
      {attempts.map((attempt, index) => {
        const before = attempts.slice(0, index).findLast(({ branch }) => branch === attempt.branch);
        const { end, start, open } = attempt;
        return (
          <section key={attempt.seq} className="attempt">
            <header>
              <h3>{t("Attempt {n}", { n: index + 1 })}</h3>
              <Source name={attempt.source} />
              {attempt.branch === undefined ? null : (
                <span className="chip">{t("branch {name}", { name: attempt.branch })}</span>
              )}
              <ProgramStatus end={end} open={open} language={start.language} />
              {end === undefined ? null : <span className="muted number">{duration(end.wallMs)}</span>}
            </header>
            {compare && before !== undefined && before.start.language === start.language ? (
              <DiffView before={before.start.code} after={start.code} />
            ) : (
              <CodeBox language={start.language} text={start.code} />
            )}
          </section>
        );
      })}
    </div>
  );
}

/** What the programs printed, as a terminal shows it. */
export function TerminalReading({ model }: { readonly model: RunModel }) {
  const all = model.programs;
  if (all.length === 0) return <Empty icon="logs" title={t("No program was run")} />;
  return (
    <div className="stack">
      {all.map(({ seq, record, source, branch, start }, index) => (
        <section key={seq}>
          <h3>
            {index + 1}. {source} · {start.language}
            {branch === undefined ? "" : ` · ${t("branch {name}", { name: branch })}`}
          </h3>
          <Output output={record} program={seq} tall={all.length === 1} label={t("Output of {source}", { source })} />
        </section>
      ))}
    </div>
  );
}

/** Pictures and files. */
export function FilesReading({
  model,
  run,
  live,
}: {
  readonly model: RunModel;
  readonly run: string;
  readonly live: boolean;
}) {
  const shown = model.programs.filter(({ record }) => record.values.length > 0);
  const files = [...model.files.values()];
  const { there, look } = useFilesThere(run, live, files.length, model.end !== undefined);
  if (shown.length === 0 && files.length === 0) {
    return (
      <Empty icon="download" title={t("No files and no pictures")}>
        <p>{t("What a program writes into its workspace, and what it shows, appears here.")}</p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      {files.length === 0 ? null : (
        <FileTable files={files} hrefOf={(path) => fileHref(run, path)} there={there} look={look} />
      )}
      <div className="gallery">
        {shown.map(({ seq, record }) => (
          <Values key={seq} output={record} />
        ))}
      </div>
    </div>
  );
}

/** How often it is looked whether what is there still is. */
const lookEvery = 10_000;

/** Which of its files are still there; undefined while that is not known, and for a run from a file. */
function useFilesThere(run: string, live: boolean, count: number, over: boolean) {
  const [there, setThere] = useState<ReadonlyMap<string, number>>();
  const look = useCallback(async () => {
    const paths = await filesOf(run);
    setThere(paths);
    return paths;
  }, [run]);
  const isAny = there === undefined || there.size > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new file, and the end of the run, ask again
  useEffect(() => {
    if (!live || count === 0) return;
    void look();
    if (!isAny) return;
    const timer = setInterval(() => document.hidden || void look(), lookEvery);
    return () => clearInterval(timer);
  }, [look, live, count, over, isAny]);
  return { there, look };
}

/** The events as they are. */
export function RawReading({ model }: { readonly model: RunModel }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<number>();
  const { events, dropped } = model;
  const list = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 26,
    overscan: 15,
  });
  const opened = events.find(({ seq }) => seq === open);
  return (
    <div className="raw">
      {dropped > 0 ? (
        <p className="note warn">
          {t("The first {n|event has|# events have} left this page; the exported run has {n|it|them}.", { n: dropped })}
        </p>
      ) : null}
      <div ref={scroller} className="log" role="log" aria-live="off" aria-label={t("Events")} tabIndex={0}>
        <div className="log-body" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map((item) => {
            const event = events[item.index];
            return event === undefined ? null : (
              <div key={item.key} className="log-place" style={{ transform: `translateY(${item.start}px)` }}>
                <button
                  type="button"
                  className="log-row raw-row"
                  aria-expanded={open === event.seq}
                  onClick={() => setOpen(open === event.seq ? undefined : event.seq)}
                >
                  <span className="number muted">{event.seq}</span>
                  <time dateTime={event.time}>{clock(event.time)}</time>
                  <Source name={event.source} />
                  <b>{event.type}</b>
                  <span className="log-text">{cutText(JSON.stringify(event.data), 300)}</span>
                </button>
              </div>
            );
          })}
        </div>
      </div>
      {opened === undefined ? null : <JsonView value={opened} />}
    </div>
  );
}
