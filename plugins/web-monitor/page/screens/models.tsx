import { useState } from "react";
import { count, duration, money } from "../lib/format.ts";
import { instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf } from "../lib/router.ts";
import { shellWord } from "../lib/run-commands.ts";
import { may, refusalOf, request } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Ago, Button, Command, Empty, Link, RefusalNote, Source, Status } from "../parts/basics.tsx";
import type { InstanceDetails } from "../parts/instance-drawer.tsx";

interface ModelEntry {
  readonly id: string;
  readonly plugin: string;
  readonly model: string;
  readonly figures: {
    readonly answers: number;
    readonly firstTokenP50: number | null;
    readonly firstTokenP95: number | null;
    readonly tokensPerSecond: number | null;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cost: number | null;
    readonly errors: Readonly<Record<string, number>>;
    readonly lastError?: { readonly message: string; readonly cure: string; readonly time: string };
  };
}

interface Trial {
  readonly text: string;
  readonly firstToken?: number;
  readonly total: number;
  readonly error?: { readonly message: string };
}

export function ModelsScreen() {
  const { value, refusal } = useApi<{ models: ModelEntry[] }>("models", 2_000);
  const { value: known } = useApi<{ instances: InstanceDetails[] }>("instances");
  return (
    <div className="screen">
      <div className="toolbar">
        <p className="summary">
          {t("Models")} <b className="number">{value?.models.length ?? 0}</b>
        </p>
        <Command text="sluice models list" />
      </div>
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {value === undefined ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : value.models.length === 0 ? (
        <Empty icon="models" title={t("The profile has no model")}>
          <p>{t("Programs run without one. To ask questions, add a model under plugins:.")}</p>
          <Link className="button primary" href={hrefOf("configuration")}>
            {t("Configuration")}
          </Link>
        </Empty>
      ) : (
        <div className="card-grid wide-cards">
          {value.models.map((model) => (
            <ModelCard key={model.id} model={model} details={known?.instances.find(({ id }) => id === model.id)} />
          ))}
        </div>
      )}
    </div>
  );
}

function ModelCard({
  model: { id, plugin, model, figures },
  details,
}: {
  readonly model: ModelEntry;
  readonly details: InstanceDetails | undefined;
}) {
  const state = useStore(instances).find((each) => each.id === id);
  const errors = Object.entries(figures.errors);
  return (
    <article className="card" aria-label={id}>
      <header>
        <Source name={id} />
        <span className="muted">{plugin}</span>
        <span className="grow" />
        {state === undefined ? null : <Status status={state.status} />}
      </header>
      <p className="card-title">{model}</p>
      {state?.reason === undefined ? null : <p className="reason">{state.reason}</p>}
      <KeyState details={details} />
      <dl className="figures">
        <Figure
          name={t("First token, median")}
          value={figures.firstTokenP50 === null ? "–" : duration(figures.firstTokenP50)}
        />
        <Figure
          name={t("95 of 100 below")}
          value={figures.firstTokenP95 === null ? "–" : duration(figures.firstTokenP95)}
        />
        <Figure
          name={t("Tokens a second")}
          value={figures.tokensPerSecond === null ? "–" : count(figures.tokensPerSecond)}
        />
        <Figure name={t("Answers")} value={count(figures.answers)} />
        <Figure name={t("Tokens in, out")} value={`${count(figures.inputTokens)} · ${count(figures.outputTokens)}`} />
        <Figure name={t("Cost")} value={money(figures.cost)} />
      </dl>
      {errors.length === 0 ? null : (
        <p className="tone-bad">
          {t("Errors")}: {errors.map(([kind, times]) => `${kind} ${times}`).join(", ")}
        </p>
      )}
      {figures.lastError === undefined ? null : (
        <div className="note bad">
          <div>
            <p>{figures.lastError.message}</p>
            <p className="muted">
              {figures.lastError.cure} <Ago time={figures.lastError.time} />
            </p>
          </div>
        </div>
      )}
      <TestModel id={id} disabled={state?.status !== "ok" && state?.status !== "degraded"} />
    </article>
  );
}

/** Whether the key is there; it is never shown. */
function KeyState({ details }: { readonly details: InstanceDetails | undefined }) {
  const secret = Object.entries(details?.schema.properties ?? {}).find(
    ([, schema]) => schema["x-secret"] === true,
  )?.[0];
  if (details === undefined || secret === undefined) return <p className="muted">{t("needs no key")}</p>;
  const present = details.config[secret] !== undefined && details.config[secret] !== "";
  return (
    <p>
      <Status status={present ? "ok" : "absent"} label={present ? t("key present") : t("no key")} />
    </p>
  );
}

function TestModel({ id, disabled }: { readonly id: string; readonly disabled: boolean }) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ readonly good: boolean; readonly text: string }>();
  const test = async () => {
    setBusy(true);
    try {
      const { trial } = await request<{ trial: Trial }>("POST", `models/${encodeURIComponent(id)}/test`, {});
      const { text, error, firstToken = trial.total } = trial;
      setSaid(
        error === undefined
          ? { good: true, text: t("answered in {time}: {text}", { time: duration(firstToken), text: text || "–" }) }
          : { good: false, text: error.message },
      );
    } catch (error) {
      setSaid({ good: false, text: refusalOf(error).message });
    }
    setBusy(false);
  };
  return (
    <footer>
      <Button icon="play" disabled={disabled || busy || !may("operate")} onClick={() => void test()}>
        {t("Test")}
      </Button>
      <Command text={`sluice models test ${shellWord(id)}`} />
      <span role="status">
        {said === undefined ? null : <Status status={said.good ? "ok" : "failed"} label={said.text} />}
      </span>
    </footer>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{value}</dd>
    </div>
  );
}
