import { useEffect, useMemo, useRef, useState } from "react";
import type { Observable } from "rxjs";
import type { RunEvent } from "../../../../core/client/index.ts";
import { eventsOf, pending, runsInPlace, type Seed, seedOf } from "../lib/asked.ts";
import { cancelRun } from "../lib/cancel-run.ts";
import { count, duration, money } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf, usePlace } from "../lib/router.ts";
import { type Refusal, refusalOf } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { useRun } from "../lib/use-run.ts";
import { AskForm, type FlowEntry } from "../parts/ask-form.tsx";
import { Button, Empty, Link, RefusalNote, Status } from "../parts/basics.tsx";
import { RunOfReading } from "../parts/output.tsx";
import { AnswerForm } from "../parts/run-answer.tsx";
import { Transcript } from "../parts/transcript.tsx";

export function AskScreen() {
  const { query } = usePlace();
  const connected = useStore(client);
  const { value, refusal } = useApi<{ flows: FlowEntry[] }>("flows");
  const from = query.get("from");
  const { seed, failure } = useSeed(from);
  const sent = useStore(pending);
  const isReady = value !== undefined && (from === null || seed !== undefined || failure !== undefined);
  return (
    <div className="screen">
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {failure === undefined ? null : <RefusalNote refusal={failure} />}
      {!isReady ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : value.flows.length === 0 ? (
        <Empty icon="flow" title={t("The profile has no flow")}>
          <p>{t("Add one under flows: in the profile.")}</p>
          <Link className="button primary" href={hrefOf("configuration")}>
            {t("Configuration")}
          </Link>
        </Empty>
      ) : (
        <AskForm key={`${from} ${query.get("flow")}`} flows={value.flows} seed={seed} />
      )}
      <div className="answers">
        {sent.map(({ key, flow, events$ }) => (
          <Answer key={key} flow={flow} events$={events$} />
        ))}
        {connected === undefined ? null : runsInPlace(query).map((run) => <NamedAnswer key={run} run={run} />)}
      </div>
    </div>
  );
}

/** The run that is to be asked again. */
function useSeed(run: string | null) {
  const connected = useStore(client);
  const [state, setState] = useState<{ of?: string; seed?: Seed; failure?: Refusal }>({});
  useEffect(() => {
    if (run === null || connected === undefined) return;
    let over = false;
    seedOf(run).then(
      (seed) => !over && setState({ of: run, ...(seed === undefined ? {} : { seed }) }),
      (error: unknown) => !over && setState({ of: run, failure: refusalOf(error) }),
    );
    return () => {
      over = true;
    };
  }, [run, connected]);
  return run === state.of ? state : {};
}

function NamedAnswer({ run }: { readonly run: string }) {
  const events$ = useMemo(() => eventsOf(run), [run]);
  return events$ === undefined ? null : <Answer run={run} events$={events$} />;
}

function Answer({
  run,
  flow,
  events$,
}: {
  readonly run?: string;
  readonly flow?: string;
  readonly events$: Observable<RunEvent>;
}) {
  const { model, version, failure } = useRun(events$);
  const foot = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with every version
  useEffect(() => {
    const box = foot.current?.parentElement;
    if (box && box.scrollHeight - box.scrollTop - box.clientHeight < 200) box.scrollTop = box.scrollHeight;
  }, [version]);
  const { start, end } = model;
  const name = flow ?? start?.data.flow ?? run ?? "";
  const status = end?.data.status ?? (model.waiting === undefined ? "running" : "waiting");
  return (
    <section className="answer-card" aria-label={t("Answer of {flow}", { flow: name })}>
      <header>
        <h2>{name}</h2>
        <Status status={failure === undefined ? status : "failed"} />
        <span className="muted number">{duration(model.last)}</span>
        {end === undefined ? null : (
          <span className="muted number">
            {t("{n} tokens", { n: count(end.data.usage.inputTokens + end.data.usage.outputTokens) })} ·{" "}
            {money(end.data.cost.amount)}
          </span>
        )}
        <span className="grow" />
        {run === undefined ? null : <Link href={hrefOf(`runs/${run}`)}>{t("Open")}</Link>}
        {run !== undefined && end === undefined && failure === undefined ? (
          <Button icon="stop" kind="plain" label={t("Cancel")} onClick={() => cancelRun(run)} />
        ) : null}
      </header>
      <div className="answer-body">
        {failure === undefined ? null : <RefusalNote refusal={refusalOf(failure)} />}
        <RunOfReading.Provider value={run}>
          <Transcript model={model} version={version} />
        </RunOfReading.Provider>
        {run !== undefined && model.waiting !== undefined ? <AnswerForm run={run} event={model.waiting} /> : null}
        <div ref={foot} />
      </div>
    </section>
  );
}
