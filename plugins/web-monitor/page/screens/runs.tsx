import { useCallback, useEffect, useRef, useState } from "react";
import { cancelRun } from "../lib/cancel-run.ts";
import { count, duration, firstLine, money } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf, setQuery, usePlace } from "../lib/router.ts";
import { shellWord } from "../lib/run-commands.ts";
import type { RunRecord } from "../lib/run-model.ts";
import { parseRunQuery, runStates } from "../lib/run-query.ts";
import { may, type Refusal, refusalOf } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { stateOf, type Waiting } from "../lib/waiting-runs.ts";
import { Ago, Button, Command, Empty, Link, RefusalNote, Status, Until, useNow } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import { SavedFilters } from "../parts/saved-filters.tsx";
import { ShareLinks } from "../parts/share-links.tsx";
import { useWaiting } from "../parts/use-waiting.ts";
import { OpenBundleButton } from "./bundle.tsx";

export function RunsScreen() {
  const { query } = usePlace();
  const status = query.get("status") ?? "";
  const text = query.get("q") ?? "";
  const limit = Number(query.get("limit") ?? 100);
  const { problem } = parseRunQuery(text);
  const { runs: shown, refusal, isJudged } = useRuns(text, status, limit);
  return (
    <div className="screen">
      <div className="toolbar">
        <div className="search">
          <Icon name="search" />
          <input
            type="search"
            value={text}
            aria-label={t("Search the runs")}
            aria-invalid={problem !== undefined}
            placeholder={t("words of input, output or error, flow:, model:, after:, cost:>")}
            onChange={(event) => setQuery({ q: event.target.value || undefined })}
          />
          {problem === undefined ? null : (
            <span className="search-problem">{t("not understood: {term}", { term: problem })}</span>
          )}
        </div>
        <label className="field row">
          <span className="hidden">{t("State")}</span>
          <select value={status} onChange={(event) => setQuery({ status: event.target.value || undefined })}>
            <option value="">{t("all states")}</option>
            {runStates.map((each) => (
              <option key={each} value={each}>
                {t(each)}
              </option>
            ))}
          </select>
        </label>
        <OpenBundleButton />
        <Command text={commandOf(text, status)} />
      </div>
      <SavedFilters screen="runs" query={query} />
      <ShareLinks />
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {shown === undefined || (shown.length === 0 && !isJudged) ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : shown.length === 0 ? (
        <NoRuns filtered={text !== "" || status !== ""} />
      ) : (
        <RunTable runs={shown} />
      )}
      {shown !== undefined && shown.length >= limit ? (
        <Button onClick={() => setQuery({ limit: String(limit + 200) })}>{t("Show older ones")}</Button>
      ) : null}
    </div>
  );
}

function NoRuns({ filtered }: { readonly filtered: boolean }) {
  if (filtered) {
    return (
      <Empty icon="search" title={t("No run fits")}>
        <Button onClick={() => setQuery({ q: undefined, status: undefined })}>{t("Show all runs")}</Button>
      </Empty>
    );
  }
  return (
    <Empty icon="runs" title={t("No runs yet")}>
      <p>{t("Ask a flow something, or run a program:")}</p>
      <Link className="button primary" href={hrefOf("chat")}>
        {t("Ask")}
      </Link>
      <Command text={`sluice run -e "print('Hello, World!')"`} />
    </Empty>
  );
}

/** The runs, read again whenever one begins or ends. */
function useRuns(text: string, status: string, limit: number) {
  const connected = useStore(client);
  const [state, setState] = useState<{ of?: string; runs?: readonly RunRecord[]; refusal?: Refusal }>({});
  const asked = `${status} ${limit} ${text}`;
  const latest = useRef(0);
  const read = useCallback(async () => {
    latest.current += 1;
    const turn = latest.current;
    try {
      const params = { limit, ...(status === "" ? {} : { status }), ...parseRunQuery(text).search };
      const answer = await connected?.call<{ runs: RunRecord[] }>("runs.list", params);
      // The later of two questions counts, whichever is answered first.
      if (answer !== undefined && turn === latest.current) setState({ of: asked, runs: answer.runs });
    } catch (error) {
      if (turn === latest.current) setState((before) => ({ ...before, refusal: refusalOf(error) }));
    }
  }, [connected, text, status, limit, asked]);
  useEffect(() => {
    void read();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const subscription = connected?.watch({ filter: { types: ["run-start", "run-end"] } }).subscribe({
      next: ({ entries }) => {
        if (entries.length === 0) return;
        timer ??= setTimeout(() => {
          timer = undefined;
          void read();
        }, 300);
      },
      error: () => undefined,
    });
    return () => {
      clearTimeout(timer);
      subscription?.unsubscribe();
    };
  }, [connected, read]);
  // Whether nothing fits is known of what was asked last, and not of what is asked now.
  return { ...state, isJudged: state.of === asked };
}

function commandOf(text: string, status: string): string {
  const { search, flow, session, status: wanted = status } = parseRunQuery(text).search;
  const flags = Object.entries({ search, flow, session, status: wanted }).flatMap(([name, value]) =>
    value ? [` --${name} ${shellWord(value)}`] : [],
  );
  return `sluice runs${flags.join("")}`;
}

function RunTable({ runs }: { readonly runs: readonly RunRecord[] }) {
  const waiting = useWaiting();
  return (
    <table className="table cards runs">
      <thead>
        <tr>
          <th scope="col">{t("State")}</th>
          <th scope="col">{t("Input")}</th>
          <th scope="col">{t("Flow")}</th>
          <th scope="col">{t("Begun")}</th>
          <th scope="col" className="right">
            {t("Took")}
          </th>
          <th scope="col" className="right">
            {t("Tokens")}
          </th>
          <th scope="col" className="right">
            {t("Cost")}
          </th>
          <th scope="col">
            <span className="hidden">{t("Actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.run} run={run} waiting={waiting.get(run.run)} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ run: record, waiting }: { readonly run: RunRecord; readonly waiting: Waiting | undefined }) {
  const { run, status, input, flow, started, ended, usage, exitCode, reason, cost } = record;
  const now = useNow();
  const took = (ended === undefined ? now : Date.parse(ended)) - Date.parse(started);
  return (
    <tr>
      <td data-name={t("State")}>
        <Status status={stateOf(status, waiting !== undefined)} />
        {typeof exitCode === "number" && exitCode !== 0 ? (
          <small className="reason">{t("exit code {code}", { code: exitCode })}</small>
        ) : null}
      </td>
      <th scope="row" className="wide">
        <Link href={hrefOf(`runs/${run}`)}>{firstLine(input, 90) || run}</Link>
        <small className="mono">{run}</small>
        {reason === undefined || status === "cancelled" ? null : (
          <small className="reason run-reason">{firstLine(reason, 160)}</small>
        )}
        {waiting === undefined || status !== "running" ? null : (
          <small className="reason run-reason">
            {t("waits for: {what}", { what: firstLine(waiting.what, 120) || t("a line of input") })}{" "}
            <Ago time={waiting.since} />
            {waiting.until === undefined ? null : (
              <>
                {" · "}
                <Until time={waiting.until} />
              </>
            )}
          </small>
        )}
      </th>
      <td data-name={t("Flow")}>{flow}</td>
      <td data-name={t("Begun")}>
        <Ago time={started} />
      </td>
      <td className="right number" data-name={t("Took")}>
        {duration(Math.max(0, took))}
      </td>
      <td className="right number" data-name={t("Tokens")}>
        {usage === undefined || usage.inputTokens + usage.outputTokens === 0
          ? "–"
          : `${usage.estimated ? "≈ " : ""}${count(usage.inputTokens + usage.outputTokens)}`}
      </td>
      <td className="right number" data-name={t("Cost")}>
        {cost === undefined ? "–" : money(cost)}
      </td>
      <td className="right">
        {status === "running" ? (
          <Button
            icon="stop"
            kind="plain"
            label={t("Cancel {run}", { run })}
            disabled={!may("run")}
            onClick={() => cancelRun(run)}
          />
        ) : null}
      </td>
    </tr>
  );
}
