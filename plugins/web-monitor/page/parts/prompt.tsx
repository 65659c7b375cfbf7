import { useContext } from "react";
import type { AskedPrompt } from "../../../../core/contract/index.ts";
import { t } from "../lib/i18n.ts";
import type { RunModel } from "../lib/run-model.ts";
import { type ModelSpan, saidBefore } from "../lib/run-spans.ts";
import { useApi } from "../lib/use-api.ts";
import { RunOfReading } from "./output.tsx";
import { PartView } from "./transcript.tsx";

/** What a model was told: word for word while the host has it, else what had been said in its branch until then. */
export function Prompt({ model, span }: { readonly model: RunModel; readonly span: ModelSpan }) {
  const run = useContext(RunOfReading);
  const path = run === undefined ? undefined : `runs/${encodeURIComponent(run)}/prompt?call=${span.seq}`;
  const { value, refusal } = useApi<{ prompt: AskedPrompt | null }>(path);
  if (path !== undefined && value === undefined && refusal === undefined)
    return <div className="skeleton" aria-busy="true" />;
  return value?.prompt ? <WordForWord prompt={value.prompt} /> : <SaidBefore model={model} span={span} />;
}

function WordForWord({ prompt: { system, messages } }: { readonly prompt: AskedPrompt }) {
  return (
    <details className="prompt-of" open>
      <summary>{t("Its prompt, word for word")}</summary>
      {system === "" ? null : <Said who={t("system")} text={system} />}
      {messages.map(({ role, name, text, pictures }, index) => (
        <Said key={index} who={name === undefined ? t(role) : `${t(role)} · ${name}`} text={text} pictures={pictures} />
      ))}
    </details>
  );
}

function Said({
  who,
  text,
  pictures = 0,
}: {
  readonly who: string;
  readonly text: string;
  readonly pictures?: number;
}) {
  return (
    <section className="prompt-message" aria-label={who}>
      <h4>{who}</h4>
      {pictures === 0 ? null : (
        <p className="muted">{t("{n|# picture was|# pictures were} shown with it.", { n: pictures })}</p>
      )}
      <pre className="block" dir="auto">
        {text}
      </pre>
    </section>
  );
}

function SaidBefore({ model, span }: { readonly model: RunModel; readonly span: ModelSpan }) {
  const said = saidBefore(model.transcript.parts, span);
  const earlier = model.start?.data.continues;
  return (
    <details className="prompt-of" open>
      <summary>{t("What had been said before it")}</summary>
      <p className="muted">
        {t("The host keeps the words of prompts for a while, in memory: these are no longer there.")}
      </p>
      {typeof earlier === "string" ? (
        <p className="muted">{t("It goes on from {run}, which it was told as well.", { run: earlier })}</p>
      ) : null}
      <div className="transcript">
        {said.slice(-60).map((part) => (
          <PartView key={part.seq} part={part} />
        ))}
      </div>
    </details>
  );
}
