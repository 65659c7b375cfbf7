import { useEffect, useId, useRef, useState } from "react";
import type { Observable } from "rxjs";
import type { RunEvent, RunStream } from "../../../../core/client/index.ts";
import { cutText } from "../../../../core/client/index.ts";
import { count, duration, money } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf, usePlace } from "../lib/router.ts";
import { kept } from "../lib/run-streams.ts";
import { may, refusalOf } from "../lib/session.ts";
import { Store, useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { useRun } from "../lib/use-run.ts";
import { Button, Command, Empty, Link, RefusalNote, Status } from "../parts/basics.tsx";
import { AnswerForm } from "../parts/run-answer.tsx";
import { Transcript } from "../parts/transcript.tsx";

interface FlowEntry {
  readonly name: string;
  readonly takes: "code" | "text";
  readonly instances: readonly string[];
  readonly optionalAbsent: readonly string[];
}

interface Asked {
  readonly key: string;
  readonly flow: string;
  readonly run: Promise<string>;
  readonly events$: Observable<RunEvent>;
  readonly stream: RunStream;
}

/** What was asked last, kept while the page is open: going elsewhere and back loses nothing. */
const asked = new Store<readonly Asked[]>([]);

export function AskScreen() {
  const { query } = usePlace();
  const { value, refusal } = useApi<{ flows: FlowEntry[] }>("flows");
  const shown = useStore(asked);
  return (
    <div className="screen">
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {value === undefined ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : value.flows.length === 0 ? (
        <Empty icon="flow" title={t("The profile has no flow")}>
          <p>{t("Add one under flows: in the profile.")}</p>
          <Link className="button primary" href={hrefOf("configuration")}>
            {t("Configuration")}
          </Link>
        </Empty>
      ) : (
        <AskForm key={query.toString()} flows={value.flows} />
      )}
      <div className="answers">
        {shown.map((each) => (
          <Answer key={each.key} asked={each} />
        ))}
      </div>
    </div>
  );
}

function AskForm({ flows }: { readonly flows: readonly FlowEntry[] }) {
  const { query } = usePlace();
  const wanted = query.get("flow");
  const usable = flows.filter(({ instances, optionalAbsent }) => instances.length > optionalAbsent.length);
  const first = flows.find(({ name }) => name === wanted) ?? usable.find(({ takes }) => takes === "text") ?? flows[0];
  const [chosen, setChosen] = useState<readonly string[]>(first === undefined ? [] : [first.name]);
  const [text, setText] = useState(query.get("code") ?? query.get("text") ?? "");
  const [language, setLanguage] = useState(query.get("language") ?? "python");
  const [session, setSession] = useState("");
  const kind = flows.find(({ name }) => name === chosen[0])?.takes ?? "text";
  const id = useId();
  const ready = text.trim() !== "" && chosen.length > 0 && may("run");
  const start = () => {
    const connected = client.get();
    if (!ready || connected === undefined) return;
    asked.set(
      chosen.map((flow): Asked => {
        const code = flows.find(({ name }) => name === flow)?.takes === "code";
        const stream = connected.run(flow, code ? { code: text, language } : { text }, {
          keep: true,
          interactive: true,
          ...(session === "" ? {} : { session }),
        });
        return { key: crypto.randomUUID(), flow, run: stream.opened, events$: kept(stream), stream };
      }),
    );
  };
  const command =
    kind === "code"
      ? `sluice run -l ${language} -e ${quote(text || "…")} -f ${chosen[0] ?? ""}`
      : `sluice ask ${quote(text || "…")} -f ${chosen[0] ?? ""}`;
  return (
    <form
      className="ask"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <fieldset className="flow-choice">
        <legend>{t("Flows; several answer side by side")}</legend>
        {flows.map(({ name, takes, instances }) => {
          const on = chosen.includes(name);
          const apart = takes !== kind && chosen.length > 0;
          return (
            <label key={name} className={`choice${on ? " on" : ""}`} title={instances.join(", ")}>
              <input
                type="checkbox"
                checked={on}
                onChange={() =>
                  setChosen(on ? chosen.filter((each) => each !== name) : apart ? [name] : [...chosen, name])
                }
              />
              <b>{name}</b>
              <small>{t(takes)}</small>
            </label>
          );
        })}
      </fieldset>
      <label className="hidden" htmlFor={id}>
        {kind === "code" ? t("A program") : t("A prompt")}
      </label>
      <textarea
        id={id}
        rows={kind === "code" ? 7 : 4}
        className={kind === "code" ? "mono" : ""}
        value={text}
        spellCheck={kind !== "code"}
        placeholder={kind === "code" ? "print('Hello, World!')" : t("What is 6 times 7? Write a program.")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
        }}
      />
      <div className="ask-foot">
        {kind === "code" ? (
          <label className="field row">
            <span>{t("Language")}</span>
            <select value={language} onChange={(event) => setLanguage(event.target.value)}>
              {["python", "javascript", "bash"].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
        ) : null}
        <label className="field row" title={t("Runs of one session share their variables and files.")}>
          <span>{t("Session")}</span>
          <input
            type="text"
            value={session}
            placeholder={t("none")}
            onChange={(event) => setSession(event.target.value.trim())}
          />
        </label>
        <Command text={command} />
        <button type="submit" className="button primary" disabled={!ready}>
          {t("Run")} <kbd>Ctrl ⏎</kbd>
        </button>
      </div>
    </form>
  );
}

function quote(text: string): string {
  return `'${cutText(text.replaceAll("'", "'\\''"), 200)}'`;
}

function Answer({ asked: { flow, run, events$, stream } }: { readonly asked: Asked }) {
  const { model, version, failure } = useRun(events$);
  const [id, setId] = useState<string>();
  const foot = useRef<HTMLDivElement>(null);
  useEffect(() => {
    run.then(setId, () => undefined);
  }, [run]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with every version
  useEffect(() => {
    const box = foot.current?.parentElement;
    if (box && box.scrollHeight - box.scrollTop - box.clientHeight < 200) box.scrollTop = box.scrollHeight;
  }, [version]);
  const { end } = model;
  return (
    <section className="answer-card" aria-label={t("Answer of {flow}", { flow })}>
      <header>
        <h2>{flow}</h2>
        <Status
          status={
            failure !== undefined
              ? "failed"
              : (end?.data.status ?? (model.waiting === undefined ? "running" : "waiting"))
          }
        />
        <span className="muted number">{duration(model.last)}</span>
        {end === undefined ? null : (
          <span className="muted number">
            {t("{n} tokens", { n: count(end.data.usage.inputTokens + end.data.usage.outputTokens) })} ·{" "}
            {money(end.data.cost.amount)}
          </span>
        )}
        <span className="grow" />
        {id === undefined ? null : <Link href={hrefOf(`runs/${id}`)}>{t("Open")}</Link>}
        {end === undefined && failure === undefined ? (
          <Button
            icon="stop"
            kind="plain"
            label={t("Cancel")}
            onClick={() => void stream.cancel().catch(() => undefined)}
          />
        ) : null}
      </header>
      <div className="answer-body">
        {failure === undefined ? null : <RefusalNote refusal={refusalOf(failure)} />}
        <Transcript model={model} version={version} />
        {id !== undefined && model.waiting !== undefined ? <AnswerForm run={id} event={model.waiting} /> : null}
        <div ref={foot} />
      </div>
    </section>
  );
}
