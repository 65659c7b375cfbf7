import { useId, useState } from "react";
import { ask, contentsOf, type Seed } from "../lib/asked.ts";
import { budgetInWords } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { usePlace } from "../lib/router.ts";
import { commandOf } from "../lib/run-commands.ts";
import { may } from "../lib/session.ts";
import { Command } from "./basics.tsx";
import { say } from "./dialog.tsx";

export interface FlowEntry {
  readonly name: string;
  readonly takes: "code" | "text";
  readonly instances: readonly string[];
  readonly optionalAbsent: readonly string[];
}

interface Draft {
  readonly chosen: readonly string[];
  readonly text: string;
  readonly language: string;
  readonly session: string;
}

/** What is written and not sent yet outlives a reload; each run that is asked again has a draft of its own. */
function useDraft(name: string, first: Draft): readonly [Draft, (changes: Partial<Draft>) => void] {
  const key = `sluice-draft ${name}`;
  const [draft, setDraft] = useState<Draft>(() => {
    try {
      return { ...first, ...(JSON.parse(sessionStorage.getItem(key) ?? "{}") as Partial<Draft>) };
    } catch {
      return first;
    }
  });
  const change = (changes: Partial<Draft>) =>
    setDraft((before) => {
      const next = { ...before, ...changes };
      try {
        sessionStorage.setItem(key, JSON.stringify(next));
      } catch {
        // It is too long to be kept: it stands in the field.
      }
      return next;
    });
  return [draft, change];
}

async function send(
  { chosen, text, language, session }: Draft,
  flows: readonly FlowEntry[],
  seed: Seed | undefined,
): Promise<void> {
  try {
    const files = seed === undefined ? [] : await contentsOf(seed);
    const isCode = (flow: string) => flows.find(({ name }) => name === flow)?.takes === "code";
    ask({
      flows: chosen,
      input: (flow) => ({
        ...(isCode(flow) ? { code: text, language } : { text }),
        ...(files.length > 0 ? { files } : {}),
      }),
      ...(session === "" ? {} : { session }),
      ...(seed?.budget === undefined ? {} : { budget: seed.budget }),
    });
  } catch (error) {
    say(t("{path} is gone", { path: error instanceof Error ? error.message : "?" }), "bad");
  }
}

export function AskForm({ flows, seed }: { readonly flows: readonly FlowEntry[]; readonly seed: Seed | undefined }) {
  const { query } = usePlace();
  const wanted = seed?.flow ?? query.get("flow");
  const usable = flows.filter(({ instances, optionalAbsent }) => instances.length > optionalAbsent.length);
  const first = flows.find(({ name }) => name === wanted) ?? usable.find(({ takes }) => takes === "text") ?? flows[0];
  const [{ chosen, text, language, session }, change] = useDraft(`${seed?.run ?? ""} ${wanted ?? ""}`, {
    chosen: first === undefined ? [] : [first.name],
    text: seed?.text ?? query.get("code") ?? query.get("text") ?? "",
    language: seed?.language ?? query.get("language") ?? "python",
    session: seed?.session ?? "",
  });
  const kind = flows.find(({ name }) => name === chosen[0])?.takes ?? "text";
  const id = useId();
  const ready = text.trim() !== "" && chosen.length > 0 && may("run");
  const start = async () => {
    if (ready) await send({ chosen, text, language, session }, flows, seed);
  };
  const command = commandOf({
    flow: chosen[0] ?? "",
    input: kind === "code" ? { code: text || "…", language } : { text: text || "…" },
    files: seed?.files ?? [],
    ...(seed?.budget === undefined ? {} : { budget: seed.budget }),
    ...(session === "" ? {} : { session }),
  });
  return (
    <form
      className="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <FlowChoice flows={flows} chosen={chosen} kind={kind} onChange={(next) => change({ chosen: next })} />
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
        onChange={(event) => change({ text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void start();
        }}
      />
      {seed === undefined ? null : <SeedFiles seed={seed} />}
      <div className="ask-foot">
        <Fields kind={kind} language={language} session={session} onChange={change} />
        <Command text={command} />
        <button type="submit" className="button primary" disabled={!ready}>
          {t("Run")} <kbd>Ctrl ⏎</kbd>
        </button>
      </div>
    </form>
  );
}

/** The language of a program, and the session that it continues. */
function Fields({
  kind,
  language,
  session,
  onChange,
}: {
  readonly kind: FlowEntry["takes"];
  readonly language: string;
  readonly session: string;
  readonly onChange: (changes: Partial<Draft>) => void;
}) {
  return (
    <>
      {kind === "code" ? (
        <label className="field row">
          <span>{t("Language")}</span>
          <select value={language} onChange={(event) => onChange({ language: event.target.value })}>
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
          onChange={(event) => onChange({ session: event.target.value.trim() })}
        />
      </label>
    </>
  );
}

function FlowChoice({
  flows,
  chosen,
  kind,
  onChange,
}: {
  readonly flows: readonly FlowEntry[];
  readonly chosen: readonly string[];
  readonly kind: FlowEntry["takes"];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  return (
    <fieldset className="flow-choice">
      <legend>{t("Flows; several answer side by side")}</legend>
      {flows.map(({ name, takes, instances }) => {
        const on = chosen.includes(name);
        const apart = takes !== kind && chosen.length > 0;
        const others = on ? chosen.filter((each) => each !== name) : apart ? [name] : [...chosen, name];
        return (
          <label key={name} className={`choice${on ? " on" : ""}`} title={instances.join(", ")}>
            <input type="checkbox" checked={on} onChange={() => onChange(others)} />
            <b>{name}</b>
            <small>{t(takes)}</small>
          </label>
        );
      })}
    </fieldset>
  );
}

/** The files, and what it may use, that go with a run that is asked again. */
function SeedFiles({ seed }: { readonly seed: Seed }) {
  const allowed = budgetInWords(seed.budget);
  if (seed.files.length + seed.gone.length === 0 && allowed === "") return null;
  return (
    <p className="muted">
      {allowed === "" ? null : t("It may use {budget}.", { budget: allowed })}{" "}
      {seed.files.length === 0 ? null : t("with {files}", { files: seed.files.join(", ") })}{" "}
      {seed.gone.map((path) => t("{path} is gone", { path })).join(", ")}
    </p>
  );
}
